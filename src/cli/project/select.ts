import { UsageError } from "../errors.ts";

/** What a selector can look at. */
export interface Selectable {
  name: string;
  state?: string;
  tags?: readonly string[];
}

/** The states by which `state:…` selects, in the words of dbt. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  modified: ["new", "changed", "rebuilt"],
  new: ["new"],
  unmodified: ["unchanged"],
};

/**
 * Whether a prompt is among those that the selectors name: `support/*`, `tag:legal`,
 * `state:modified`, `state:new` or `state:unmodified`. One selector is enough; no selector selects
 * everything. Throws a UsageError for one that is none of these.
 */
export function isSelected(prompt: Selectable, selectors: readonly string[]): boolean {
  return selectors.length === 0 || selectors.some((selector) => matches(prompt, selector));
}

function matches({ name, state, tags }: Selectable, selector: string): boolean {
  const [, method, value = ""] = /^(state|tag):(.*)$/.exec(selector) ?? [];
  if (method === "tag") return tags?.includes(value) ?? false;
  if (method === "state") {
    const states = Object.hasOwn(STATES, value) ? STATES[value] : undefined;
    if (!states)
      throw new UsageError(`state:${value} is not known; there are state:${Object.keys(STATES).join(", state:")}.`);
    return states.includes(state ?? "");
  }
  const pattern = selector.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`).test(name);
}
