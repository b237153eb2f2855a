/**
 * re2js without its tables of Unicode, a fifth of the package: `unicode-properties.ts` writes every
 * property of a pattern as ranges. The pairs of upper and lower case stay, which `(?i:…)` needs.
 */

/** The tables of properties. The last two have what ignoring case adds to those before. */
const PROPERTIES = /(static (?:CATEGORIES|SCRIPTS|FOLD_CATEGORIES|FOLD_SCRIPT) = new LazyMap\()\{[^}]*\}/g;
/** The printable characters, which only a pattern that is printed has to know. */
const PRINTABLE = /(this\._Print = new UnicodeRangeTable\(decodeRanges\()"[^"]*"/g;
const ANY_TABLE = /decodeRanges\("[^"]/;

/** The package's module without the tables. Throws an Error if it does not look as it did. */
export function cutRe2js(source: string): string {
  if (count(source, PROPERTIES) !== 4 || count(source, PRINTABLE) !== 1) {
    throw new Error("re2js has its tables of Unicode elsewhere now: change scripts/cut-re2js.ts");
  }
  const cut = source.replaceAll(PROPERTIES, "$1{}").replaceAll(PRINTABLE, '$1""');
  if (ANY_TABLE.test(cut)) throw new Error("re2js has more tables of Unicode now: change scripts/cut-re2js.ts");
  return cut;
}

function count(source: string, part: RegExp): number {
  return source.match(part)?.length ?? 0;
}
