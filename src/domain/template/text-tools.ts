import { iterate } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { SPACES, trimSpace } from "./letters.ts";
import { textOf } from "./python-text.ts";
import { templateFault } from "./limits.ts";
import type { Value } from "./values.ts";
import { textLength } from "./values.ts";

/** Removes the given characters, or white space, from the ends, in linear time. */
export function stripText(text: string, chars: string | undefined, ends: "both" | "left" | "right"): string {
  if (chars === undefined) {
    return trimSpace(text, ends);
  }
  const unwanted = new Set(Array.from(chars));
  const units = Array.from(text);
  let from = 0;
  let to = units.length;
  if (ends !== "right") while (from < to && unwanted.has(units[from] ?? "")) from += 1;
  if (ends !== "left") while (to > from && unwanted.has(units[to - 1] ?? "")) to -= 1;
  return units.slice(from, to).join("");
}

/**
 * Pads a text with `fill` to a width in code points. `center` puts an odd one on the same side as
 * Python.
 */
export function pad(text: string, width: number, side: "left" | "right" | "center", fill: string, fuel: Fuel): string {
  if (textLength(fill) !== 1) throw templateFault("the fill must be one character");
  const missing = width - textLength(text);
  if (missing <= 0) return text;
  fuel.text(text.length + missing * fill.length);
  const before = side === "left" ? 0 : side === "right" ? missing : (missing >> 1) + (missing & width & 1);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

/** Counts the occurrences of a text in another, without overlaps. */
export function countText(text: string, wanted: string, fuel: Fuel): number {
  if (wanted === "") return textLength(text) + 1;
  fuel.search(text.length, wanted.length);
  let count = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}

/**
 * Python's `str.replace`; a negative `count` means all. The size of the result is checked before it
 * is made.
 */
export function replaceText(text: string, old: string, fresh: string, count: number, fuel: Fuel): string {
  const found = countText(text, old, fuel);
  const times = count < 0 ? found : Math.min(count, found);
  fuel.text(text.length + times * (fresh.length - old.length));
  fuel.step(times);
  if (times === 0) return text;
  if (old !== "") {
    const parts = text.split(old);
    return [parts.slice(0, times).join(fresh), parts.slice(times).join(old)].join(fresh);
  }
  const units = Array.from(text);
  const tail = units.slice(times).join("");
  const head = units.slice(0, times).map((unit) => fresh + unit);
  return head.join("") + (times > units.length ? fresh : "") + tail;
}

/** Python's `str.split`: at a separator, or at runs of white space if there is none. */
export function splitText(text: string, separator: string | undefined, limit: number, fuel: Fuel): string[] {
  if (separator === "") throw templateFault("split() needs a separator that is not empty");
  if (separator === undefined) return splitWords(text, limit, fuel);
  const count = countText(text, separator, fuel) + 1;
  fuel.step(count);
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

/** Python's `str.rsplit`: like `split`, but a limit counts from the right. */
export function rightSplitText(text: string, separator: string | undefined, limit: number, fuel: Fuel): string[] {
  if (limit < 0) return splitText(text, separator, limit, fuel);
  if (separator === undefined) return splitLastWords(text, limit, fuel);
  const parts = splitText(text, separator, -1, fuel);
  if (parts.length <= limit + 1) return parts;
  const at = parts.length - limit;
  return [parts.slice(0, at).join(separator), ...parts.slice(at)];
}

function splitWords(text: string, limit: number, fuel: Fuel): string[] {
  const words: string[] = [];
  const body = trimSpace(text, "both");
  const start = text.length - trimSpace(text, "left").length;
  let from = 0;
  for (const { 0: space, index } of body.matchAll(SPACES)) {
    if (limit >= 0 && words.length >= limit) break;
    fuel.step();
    words.push(body.slice(from, index));
    from = index + space.length;
  }
  const isCut = limit >= 0 && words.length >= limit;
  if (from < body.length) words.push(isCut ? text.slice(start + from) : body.slice(from));
  return words;
}

function splitLastWords(text: string, limit: number, fuel: Fuel): string[] {
  const body = trimSpace(text, "right");
  const gaps = Array.from(trimSpace(body, "left").matchAll(SPACES));
  fuel.step(gaps.length);
  const indent = body.length - trimSpace(body, "left").length;
  const words: string[] = [];
  let end = body.length;
  for (const { 0: space, index } of limit === 0 ? [] : gaps.slice(-limit).toReversed()) {
    words.push(body.slice(indent + index + space.length, end));
    end = indent + index;
  }
  const rest = words.length < limit ? body.slice(indent, end) : body.slice(0, end);
  return trimSpace(rest, "both") === "" ? words.toReversed() : [rest, ...words.toReversed()];
}

/** Joins the printed items of a list, and checks the output cap as the text grows. */
export function joinAll(items: Value, separator: string, fuel: Fuel): string {
  let length = 0;
  const parts = iterate(items, fuel).map((item) => {
    fuel.step();
    const part = textOf(item, fuel);
    length += part.length + separator.length;
    fuel.checkLength(length - separator.length);
    return part;
  });
  const joined = parts.join(separator);
  fuel.text(joined.length);
  return joined;
}
