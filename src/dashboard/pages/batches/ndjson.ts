/** What a file of items holds, as far as it was read. */
export interface ItemsFile {
  items: number;
  /** The line with the first fault, from 1, in words; null where there is none. */
  fault: string | null;
}

/** Looks at the items of a batch, one JSON object a line, before they are sent. */
export function checkItems(text: string): ItemsFile {
  let items = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "") continue;
    const fault = faultOfItem(line);
    if (fault !== null) return { items, fault: `Line ${index + 1} ${fault}` };
    items += 1;
  }
  return { items, fault: items === 0 ? "The file has no items." : null };
}

function faultOfItem(line: string): string | null {
  let item: unknown;
  try {
    item = JSON.parse(line);
  } catch {
    return "is not JSON.";
  }
  if (typeof item !== "object" || item === null || Array.isArray(item)) return "is not a JSON object.";
  const { variables } = item as { variables?: unknown };
  const isMapping = typeof variables === "object" && variables !== null && !Array.isArray(variables);
  return isMapping ? null : 'has no "variables", a JSON object.';
}
