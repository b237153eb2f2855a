/** White space as Python's `str` methods know it. JavaScript's `\s` differs in six characters. */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
/** A run of Python's white space. */
export const SPACES = new RegExp(`[${SPACE}]+`, "gu");
const SPACE_ONLY = new RegExp(`^[${SPACE}]+$`, "u");
const IS_SPACE = new RegExp(`[${SPACE}]`, "u");
/** The ends of lines that `str.splitlines` knows. */
// oxlint-disable-next-line no-control-regex -- Python takes these control characters for line ends.
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/gu;

/** Letters whose title case is neither their upper case nor the rule for several letters. */
const TITLE_LETTERS: ReadonlyMap<string, string> = new Map(
  ["ǅǄǆ", "ǈǇǉ", "ǋǊǌ", "ǲǱǳ"].flatMap(([title = "", ...others]) =>
    [title, ...others].map((letter): [string, string] => [letter, title]),
  ),
);
const GEORGIAN = /[\u10d0-\u10fa\u10fd-\u10ff]/u;

/** The letter with which a capitalized word begins: `ß` becomes `Ss`, `ǆ` becomes `ǅ`. */
function titleLetter(letter: string): string {
  const special = TITLE_LETTERS.get(letter);
  if (special !== undefined) return special;
  if (GEORGIAN.test(letter)) return letter;
  const [first = "", ...rest] = letter.toUpperCase();
  return first + (rest[0] === "\u02bc" || first === "\u02bc" ? rest.join("") : rest.join("").toLowerCase());
}

/** Python's `str.capitalize`. */
export function capitalize(text: string): string {
  const [first = ""] = text;
  return titleLetter(first) + text.slice(first.length).toLowerCase();
}

/** Python's `str.title`: each run of cased letters starts with a capital. */
export function titleCase(text: string): string {
  return text.replace(/\p{Cased}+/gu, (word) => capitalize(word));
}

/** Python's `str.swapcase`. */
export function swapCase(text: string): string {
  return text.replace(/\p{Lu}|\p{Ll}/gu, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
}

/** Python's `str.casefold`, but for a few letters of Cherokee. */
export function caseFold(text: string): string {
  return text
    .replaceAll("ς", "σ")
    .replace(/[ßŉǰΐΰևẖ-ẚẞﬀ-ﬆﬓ-ﬗ]/gu, (letter) => letter.toUpperCase())
    .toLowerCase()
    .replaceAll("ς", "σ");
}

/** Python's `str.isupper`. */
export function isUpper(text: string): boolean {
  return text === text.toUpperCase() && text !== text.toLowerCase();
}

/** Python's `str.islower`. */
export function isLower(text: string): boolean {
  return text === text.toLowerCase() && text !== text.toUpperCase();
}

/** Python's `str.istitle`. */
export function isTitle(text: string): boolean {
  return /\p{Cased}/u.test(text) && text === titleCase(text);
}

/** Python's `str.isspace`. */
export function isSpace(text: string): boolean {
  return SPACE_ONLY.test(text);
}

const DIGITS = "\\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒";
const CHINESE_NUMERALS = "〇一二三四五六七八九十百千万億兆零壹贰貳叁參肆伍陆陸柒捌玖拾佰仟萬亿";
/** Python's `isdigit`, `isdecimal`, `isnumeric`, `isalpha`, `isalnum` and `isascii`. */
export const LETTER_TESTS = {
  isdigit: new RegExp(`^[${DIGITS}]+$`, "u"),
  isdecimal: /^\p{Nd}+$/u,
  isnumeric: new RegExp(`^[\\p{N}${CHINESE_NUMERALS}]+$`, "u"),
  isalpha: /^\p{L}+$/u,
  isalnum: /^[\p{L}\p{N}]+$/u,
  // oxlint-disable-next-line no-control-regex -- The control characters are ASCII, too.
  isascii: /^[\x00-\x7f]*$/u,
} as const;

/** Removes Python's white space from the ends, in linear time. */
export function trimSpace(text: string, ends: "both" | "left" | "right"): string {
  let [from, to] = [0, text.length];
  if (ends !== "right") while (from < to && IS_SPACE.test(text.charAt(from))) from += 1;
  if (ends !== "left") while (to > from && IS_SPACE.test(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** Python's `str.splitlines`. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let from = 0;
  for (const { 0: end, index } of text.matchAll(LINE_END)) {
    lines.push(text.slice(from, keepEnds ? index + end.length : index));
    from = index + end.length;
  }
  if (from < text.length) lines.push(text.slice(from));
  return lines;
}
