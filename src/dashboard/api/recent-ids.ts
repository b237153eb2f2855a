/** How many are remembered of each kind. */
const MOST = 30;

/** Ids with one more, newest first and each once. */
export function withRecent(ids: readonly string[], id: string): string[] {
  return [id, ...ids.filter((each) => each !== id)].slice(0, MOST);
}

/** The ids in a stored text; none where it is something else. */
export function parseIds(text: string | null): string[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}
