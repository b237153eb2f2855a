const STEP = /\.?([^.[\]]+)|\[(\d+)\]/y;

/**
 * The steps of a path such as `$.items[0].name`; the `$` may be absent. Undefined where it is no
 * such path.
 */
export function pathSteps(path: string): (string | number)[] | undefined {
  const text = path.startsWith("$") ? path.slice(1) : path;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const [, name, index] = STEP.exec(text) ?? [];
    if (name === undefined && index === undefined) return undefined;
    steps.push(index === undefined ? (name ?? "") : Number(index));
  }
  return steps;
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const step of pathSteps(path) ?? []) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
