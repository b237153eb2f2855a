import type { ProtectedText } from "./protected-text.ts";

/** Sentences of fewer words are not compared: they are labels as often as instructions. */
const MIN_WORDS = 4;
/** Words that make an instruction stronger and not another one. */
const EMPHASIS = /^(?:please|always|must|should|you|important|remember|note|again|make|sure|to|that|be)$/;
/** Words that similar sentences may differ in. */
const GRAMMAR =
  /^(?:a|an|the|it|is|are|its|your|their|any|very|extremely|absolutely|really|also|only|ensure|essential|crucial|critical|necessary|own|of|in|with|for|as|will|this|and)$/;
/** The least share of an earlier sentence that a similar one says. */
const LEAST_SHARE = 0.75;
const MIN_SIMILAR_WORDS = 5;
/** What points at other text means something else where it stands. */
const POINTING = /\b(?:above|below|following|these|this|those|here)\b/i;
/** What may stand in a sentence and mean the same twice. */
const QUOTATION = /^(?:"(?!"")|“|«|'|`(?!``))/;
const SENTENCES = /(?<=[.!?]["')]?)[ \t]+(?=\S)/;
const MARKER = /^[ \t]*(?:[-*•][ \t]+)?(?:\*\*|__)?/;
/** Headings are structure, however often they stand; an instruction is longer. */
const MIN_HEADING_WORDS = 8;

/** What was said so far in a prompt: each sentence by its words. */
export type SaidSentences = string[][];

/**
 * Removes sentences and lines that say what an earlier one says, word by word but for case,
 * punctuation and emphasis. With `similar`, words of grammar do not count either, and one is
 * removed that says no more than most of an earlier one, in its order. Only what stands outside of
 * conditions and loops counts, on both sides; sentences with variables, of numbered lists, that
 * introduce a list or point at other text stay. `said` has the sentences of the messages before.
 */
export function dropRepetitions({ text, spanOf }: ProtectedText, said: SaidSentences, similar: boolean): string {
  let depth = 0;
  const lines = text.split("\n").flatMap((line) => {
    const before = depth;
    depth += depthOf(line, spanOf);
    if (before > 0 || depth > 0) return line;
    const [sentences, repeated] = [line.split(SENTENCES), new Set<number>()];
    for (const [at, sentence] of sentences.entries()) {
      const key = keyOf(sentence, spanOf, similar);
      if (key === undefined) continue;
      const isSaid = said.some((other) => (similar ? saysMostOf(key, other) : isEqual(key, other)));
      if (isSaid && !/^[ \t]*\d+[.)]/.test(line)) repeated.add(at);
      else said.push(key);
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

function isEqual(key: readonly string[], other: readonly string[]): boolean {
  return key.length === other.length && key.every((word, at) => word === other[at]);
}

/** Whether the words stand in the other sentence, in their order, and are most of it. */
function saysMostOf(key: readonly string[], other: readonly string[]): boolean {
  if (key.length > other.length || key.length < other.length * LEAST_SHARE) return false;
  let at = 0;
  for (const word of other) if (word === key[at]) at += 1;
  // A word that only one has, such as "not" or a number, makes it another instruction.
  return at === key.length && key.filter(isDeciding).length === other.filter(isDeciding).length;
}

function isDeciding(word: string): boolean {
  return /^(?:no|not|never|none|without|except|unless|if|when|only|don't|doesn't|can't|\d.*)$/.test(word);
}

/** What a sentence says; undefined where it must stay, or says too little. */
function keyOf(sentence: string, spanOf: (character: string) => string, similar: boolean): string[] | undefined {
  if (/:\s*$/.test(sentence) || POINTING.test(sentence)) return undefined;
  const spans = Array.from(sentence, spanOf).filter((span) => span !== "");
  if (!spans.every((span) => QUOTATION.test(span))) return undefined;
  const plain = Array.from(sentence, (character) => spanOf(character) || character).join("");
  const words = plain.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [];
  if (/^[ \t]*#/.test(sentence) && words.length < MIN_HEADING_WORDS) return undefined;
  const key = words.filter((word) => !EMPHASIS.test(word) && !(similar && GRAMMAR.test(word)));
  return key.length < (similar ? MIN_SIMILAR_WORDS : MIN_WORDS) ? undefined : key;
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
