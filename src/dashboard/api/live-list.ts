/**
 * A list whose newest page was asked for again, over its pages as they were read: what is as new as
 * that page stands in it as it is now, or not any more. Ids of newer items are greater. `limit` is
 * how many items a page has; a newest page with fewer is the whole list.
 */
export function withNewest<T extends { id: string }>(pages: readonly T[], newest: readonly T[], limit: number): T[] {
  const oldest = newest.at(-1);
  if (oldest === undefined || newest.length < limit) return [...newest];
  return [...newest, ...pages.filter(({ id }) => id < oldest.id)];
}
