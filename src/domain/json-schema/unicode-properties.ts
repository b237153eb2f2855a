import { LruMap } from "../../lib/lru-map.ts";

/** The most properties that an isolate keeps, and the UTF-16 units that they may have together. */
const KEPT = { maxEntries: 200, maxWeight: 500_000, weigh: (members: string) => members.length };
const LAST_CODE_POINT = 0x10_ff_ff;

/** Code points from `first` to `last`. */
interface Stretch {
  first: number;
  last: number;
  /**
   * The code points as a text, with the same number of UTF-16 units for each. Where all of them
   * have the same properties the text has only the first.
   */
  text: string;
}

const kept = new LruMap<string, string>(KEPT);
let allStretches: readonly Stretch[] | undefined;

/**
 * The members of a Unicode property as ranges inside a character class of RE2 (`\x{41}-\x{5a}…`).
 * The engine's own RegExp tells them, so no table of Unicode is bundled. It takes some 10 ms for
 * a property that is not in memory. `escape` is `\p{…}` or `\P{…}` as ECMAScript's `u` mode has it.
 * Throws a SyntaxError if the engine does not know it.
 */
export function membersOf(escape: string): string {
  const members = kept.get(escape) ?? findMembers(escape);
  kept.set(escape, members);
  return members;
}

function findMembers(escape: string): string {
  const members: { first: number; last: number }[] = [];
  for (const { first, last, text } of (allStretches ??= makeStretches())) {
    const units = first > 0xff_ff ? 2 : 1;
    for (const { index, 0: run } of text.matchAll(RegExp(`${escape}+`, "gu"))) {
      const start = first + index / units;
      const end = index + run.length === text.length ? last : start + run.length / units - 1;
      const before = members.at(-1);
      if (before?.last === start - 1) before.last = end;
      else members.push({ first: start, last: end });
    }
  }
  // Only `\P{Any}` is without members. RE2 has no other way to write that within a class.
  if (members.length === 0) return String.raw`\P{Any}`;
  return members.map(({ first, last }) => String.raw`\x{${first.toString(16)}}-\x{${last.toString(16)}}`).join("");
}

/**
 * All code points. The planes from 4 on have no characters but tags and variation selectors, and
 * those for private use. Reading them one by one would take four times as long.
 */
function makeStretches(): Stretch[] {
  const stretches = [
    listedStretch(0, 0xd7_ff),
    uniformStretch(0xd8_00, 0xdf_ff),
    listedStretch(0xe0_00, 0xff_ff),
    listedStretch(0x1_00_00, 0x3_ff_ff),
  ];
  for (let plane = 0x4_00_00; plane < LAST_CODE_POINT; plane += 0x1_00_00) {
    const listed = plane === 0xe_00_00 ? 0x10_00 : 0;
    if (listed > 0) stretches.push(listedStretch(plane, plane + listed - 1));
    // The last two of each plane are no characters.
    stretches.push(uniformStretch(plane + listed, plane + 0xff_fd), uniformStretch(plane + 0xff_fe, plane + 0xff_ff));
  }
  return stretches;
}

function listedStretch(first: number, last: number): Stretch {
  const units = first > 0xff_ff ? 2 : 1;
  const text = new Uint16Array((last + 1 - first) * units);
  for (let codePoint = first, at = 0; codePoint <= last; codePoint += 1, at += units) {
    if (units === 1) text[at] = codePoint;
    else {
      text[at] = 0xd7_c0 + (codePoint >> 10);
      text[at + 1] = 0xdc_00 + (codePoint & 0x3_ff);
    }
  }
  return { first, last, text: new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }).decode(text) };
}

function uniformStretch(first: number, last: number): Stretch {
  return { first, last, text: String.fromCodePoint(first) };
}
