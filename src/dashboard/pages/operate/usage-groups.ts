/** What usage can be grouped by on the page; hours and days are its plot. */
export const GROUPS = ["prompt", "version", "label", "model", "provider", "key", "user", "tag", "lane"] as const;

/** One of the groups. */
export type GroupName = (typeof GROUPS)[number];

/** Groups that an address names, in its order, without what is none. */
export function groupsOf(text: string): GroupName[] {
  const named = text.split(",");
  return GROUPS.filter((group) => named.includes(group)).toSorted((a, b) => named.indexOf(a) - named.indexOf(b));
}

/** The groups of an address after one was chosen or taken out. A version means nothing without its prompt. */
export function withGroup(groups: readonly GroupName[], group: GroupName): GroupName[] {
  if (groups.includes(group)) {
    return groups.filter((each) => each !== group && !(group === "prompt" && each === "version"));
  }
  return group === "version" && !groups.includes("prompt") ? [...groups, "prompt", "version"] : [...groups, group];
}
