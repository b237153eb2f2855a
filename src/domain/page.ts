import { invalid } from "./errors.ts";

/** One page of a list; `next_cursor` is null on the last. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/**
 * Merges the first rows of every shard into one page. Each part is in the order of `key` and holds up to `limit + 1` rows, so one row too many
 * shows that another page follows. Keyset, not offset: a row added or deleted meanwhile neither repeats nor hides another.
 */
export function mergePages<T>(parts: T[][], limit: number, key: (row: T) => string, order: "asc" | "desc"): Page<T> {
  const sign = order === "asc" ? 1 : -1;
  const rows = parts.flat().sort((a, b) => (key(a) < key(b) ? -sign : sign));
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}

/** An opaque cursor for the key that a page ended with. */
export function encodeCursor(key: string): string {
  return btoa(key).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The key within a cursor; a 422 where it is not one of ours. */
export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    if (/^[\x21-\x7e]{1,256}$/.test(key)) return key;
  } catch {
    // not base64: answered below
  }
  throw invalid([{ path: "cursor", message: "is not a cursor that this list gave out" }]);
}
