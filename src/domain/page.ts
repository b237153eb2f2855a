import { toBase64, utf8 } from "../lib/encoding.ts";
import { invalid } from "./errors.ts";
import { ALIAS_PATTERN } from "./name.ts";

/** One page of a list. `next_cursor` is null on the last page. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** The lists, each with the form of its keys. Cursors of earlier versions have the key alone. */
const LISTS = {
  aliases: ALIAS_PATTERN,
  batches: /^bat_[\x21-\x7e]{0,252}$/,
  audit: /^aud_[\x21-\x7e]{0,252}$/,
  chains: /^[\x21-\x7e]{1,256}$/,
  comparisons: /^cmp_[\x21-\x7e]{0,252}$/,
  executions: /^exe_[\x21-\x7e]{0,252}$/,
  labels: /^[\x21-\x7e]{1,256}$/,
  moves: /^\d{1,16}$/,
  promotions: /^pro_[\x21-\x7e]{0,252}$/,
  keys: /^key_[\x21-\x7e]{0,252}$/,
  testruns: /^tst_[\x21-\x7e]{0,252}$/,
  optimizations: /^opt_[\x21-\x7e]{0,252}$/,
  runs: /^run_[\x21-\x7e]{0,252}$/,
  prompts: /^[\x21-\x7e]{1,256}$/,
  versions: /^\d{1,256}$/,
} as const;

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The name of a list, which its cursors carry: no list takes those of another. */
export type ListName = keyof typeof LISTS;

/**
 * Merges the first rows of every shard into one page. Each part is sorted by `key` and holds up to
 * `limit + 1` rows: an extra row shows that another page follows. The cursor is a key, not an
 * offset, so a row that is added or deleted between two pages neither repeats nor hides another
 * row.
 */
export function mergePages<T>(
  parts: T[][],
  limit: number,
  key: (row: T) => string,
  { list, order }: { list: ListName; order: "asc" | "desc" },
): Page<T> {
  const sign = order === "asc" ? 1 : -1;
  const rows = parts.flat().sort((a, b) => (key(a) < key(b) ? -sign : sign));
  return toPage(rows, limit, key, list);
}

/** A page of sorted rows. One row more than `limit` shows that another page follows. */
export function toPage<T>(rows: readonly T[], limit: number, key: (row: T) => string, list: ListName): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(list, key(last)) : null };
}

/**
 * A page of rows sorted from high to low, of which nothing is known below `floor`: the next page
 * begins there. Undefined where all is known.
 */
export function toPageDownTo<T>(
  floor: string | undefined,
  rows: readonly T[],
  { limit, key, list }: { limit: number; key: (row: T) => string; list: ListName },
): Page<T> {
  const page = toPage(rows, limit, key, list);
  if (page.next_cursor !== null || floor === undefined) return page;
  return { ...page, next_cursor: encodeCursor(list, floor) };
}

/**
 * An opaque cursor for the key of the last row of a page. The space makes earlier versions refuse
 * it, rather than take it for a key.
 */
export function encodeCursor(list: ListName, key: string): string {
  return toBase64(utf8(`${list} ${key}`))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The key inside a cursor. Throws a 422 for a text that is no cursor of this list. */
export function decodeCursor(list: ListName, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
    const [, name = list, key = ""] = /^(?:([a-z]+) )?(.*)$/s.exec(UTF_8.decode(bytes)) ?? [];
    if (name === list && LISTS[list].test(key)) return key;
  } catch {
    // not base64, or not UTF-8: answered below
  }
  throw invalid([{ path: "cursor", message: "is not a cursor that this list gave out" }]);
}
