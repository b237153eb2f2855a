import type { ProtectedText } from "./protected-text.ts";

/** Sentences of fewer words are not compared: they are labels as often as instructions. */
const MIN_WORDS = 4;
/** Words that make an instruction stronger and not another one. */
const EMPHASIS = /^(?:please|always|must|should|you|important|remember|note|again|make|sure|to|that|be)$/;
/** What points at other text means something else where it stands. */
const POINTING = /\b(?:above|below|following|these|this|those|here)\b/i;
/** What may stand in a sentence and mean the same twice. */
const QUOTATION = /^(?:"(?!"")|“|«|'|`(?!``))/;
const SENTENCES = /(?<=[.!?]["')]?)[ \t]+(?=\S)/;
const MARKER = /^[ \t]*(?:[-*•][ \t]+)?(?:\*\*|__)?/;

/**
 * Removes sentences and lines that say what an earlier one says, word by word but for case,
 * punctuation and emphasis. Only what stands outside of conditions and loops counts, on both
 * sides; sentences with variables, of numbered lists, that introduce a list or point at other text
 * stay.
 */
export function dropRepetitions({ text, spanOf }: ProtectedText): string {
  const said = new Set<string>();
  let depth = 0;
  const lines = text.split("\n").flatMap((line) => {
    const before = depth;
    depth += depthOf(line, spanOf);
    if (before > 0 || depth > 0) return line;
    const [sentences, repeated] = [line.split(SENTENCES), new Set<number>()];
    for (const [at, sentence] of sentences.entries()) {
      const key = keyOf(sentence, spanOf);
      if (key === undefined) continue;
      if (said.has(key) && !/^[ \t]*\d+[.)]/.test(line)) repeated.add(at);
      said.add(key);
    }
    if (repeated.size === 0) return line;
    const left = sentences.filter((_, at) => !repeated.has(at));
    if (left.length === 0) return [];
    // The marker of a list belongs to the item, whichever of its sentences goes.
    const marker = repeated.has(0) ? (MARKER.exec(line)?.[0] ?? "").replaceAll(/[*_]{2}$/g, "") : "";
    return marker + left.join(" ");
  });
  return lines.join("\n");
}

/** What a sentence says; undefined where it must stay, or says too little. */
function keyOf(sentence: string, spanOf: (character: string) => string): string | undefined {
  if (/:\s*$|^[ \t]*#/.test(sentence) || POINTING.test(sentence)) return undefined;
  const spans = Array.from(sentence, spanOf).filter((span) => span !== "");
  if (!spans.every((span) => QUOTATION.test(span))) return undefined;
  const plain = Array.from(sentence, (character) => spanOf(character) || character).join("");
  const words = plain.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [];
  const key = words.filter((word) => !EMPHASIS.test(word));
  return key.length < MIN_WORDS ? undefined : key.join(" ");
}

/** How many blocks a line opens more than it closes. */
function depthOf(line: string, spanOf: (character: string) => string): number {
  let depth = 0;
  for (const character of line) {
    for (const [, tag] of spanOf(character).matchAll(/\{%[-+]?\s*(\w+)/g)) {
      if (tag === "if" || tag === "for") depth += 1;
      if (tag === "endif" || tag === "endfor") depth -= 1;
    }
  }
  return depth;
}
