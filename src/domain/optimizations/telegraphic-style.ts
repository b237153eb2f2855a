import { isEnglish } from "./english-text.ts";

/** Examples of what a word means, in parentheses or behind a comma. */
const ASIDES =
  / ?\((?:e\.g\.|eg\b|i\.e\.|for example|for instance|such as|like|including)[^()\n\uE000-\uF8FF]{0,300}\)|,? such as (?:(?!\b(?:as|is|are|must|should|not|that|which|to|if|will|can|when|but|in|for|from|with)\b)[^.;:()\n\uE000-\uF8FF]){3,200}(?=[.;)]|$)|,? etc\.(?=[ \t]|$)/gi;
/** Sentences that say what the one before is good for. */
const REASONS =
  /(?<=[.!?][ \t])This (?:allows|helps|ensures|enables|makes sure|will help|will ensure|is because|is important)\b[^.!?\n\uE000-\uF8FF]{0,200}[.!?](?:[ \t]+|$)/g;
const PERSONA = /^You are (?:an?|the) /;

/** Words of degree, and words that ask for attention. */
const DEGREES =
  "very|really|quite|extremely|highly|carefully|thoroughly|simply|basically|actually|certainly|clearly|absolutely|completely|entirely|fully|please";
/** What is denied of a degree is not denied altogether: “not fully”. */
const DENIED = /(?:\b(?:not|never|nor?|none|without|hardly|cannot)|n['’]t)[ \t]+(?:[\w'’-]+[ \t]+){0,3}$/i;
const IS_DEGREE = new RegExp(`^(?:${DEGREES})$`, "i");

/** Words that carry grammar and no content. */
const WORDS = [
  // Articles and determiners that point at what is there anyway.
  String.raw`the|an|a(?= [\w\uE000-\uF8FF"'*(\x60])|your|its|their|(?:this|these|those|some)(?= [a-z]+)(?! (?:is|are|was|were|will|would|should|must|may|might|can|could|has|have|do|does|means|that|who|which|and|or)\b)`,
  // Forms of "to be", where no negation or question hangs on them.
  String.raw`(?:that|which|who) (?:is|are|was|were)(?! not\b)|(?:is|are|was|were|am)(?! not\b)(?= [\w\uE000-\uF8FF])|you're`,
  String.raw`(?:there|here) (?:is|are)(?! (?:not|no)\b)|(?:has|have|had) been|being|been`,
  String.raw`(?<=\b(?:ensure|so|such|verify|check|indicate|note|assume|means|say|know) )that`,
  `(?:${DEGREES})(?! not\\b)`,
  String.raw`(?:also|then|therefore|thus|however|moreover|furthermore|additionally|overall|in general|generally|finally|lastly),?`,
  // Who is spoken to is known.
  String.raw`(?<=^|[.!?] )You (?:(?:will|should|need to)(?! (?:not|never|only|also|be)\b)|must(?= (?:not|never|only|always)\b))`,
];
const DROPPED = new RegExp(`(?<![\\w'’./@#-])(?:${WORDS.join("|")})(?![\\w'’/@-]|\\.\\w)[ \\t]*`, "gi");
/** Lines of which nothing is dropped: headings, and labels. */
const KEPT = /^[ \t]*#|^[ \t]*[\w -]{1,30}:[ \t]*$/;
/** A word alone, as the name of a thing: “Option A”, “the word the”. */
const NAMED = /\b(?:option|plan|type|class|grade|group|vitamin|section|appendix|word|letter|column|team)[ \t]+$/i;

/** How far back a word is looked for that makes the next one a name, in UTF-16 units. */
const LOOKED_BACK = 40;

/**
 * Writes English sentences like a telegram: without articles, forms of “to be”, words of degree,
 * examples of what a word means, and what an instruction is good for. Whoever reads it has to guess
 * more, so it is the boldest of the passes. Negations, conditions, numbers, other languages and
 * headings stay.
 */
export function writeTelegraphically(text: string): string {
  return text
    .split("\n")
    .map((line) => (KEPT.test(line) || !isEnglish(line) ? line : shortenLine(line)))
    .join("\n");
}

function shortenLine(line: string): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
  const body = line.slice(indent.length).replaceAll(ASIDES, "").replaceAll(REASONS, "").replace(PERSONA, "Role: ");
  const shorter = body.replaceAll(DROPPED, (found, at: number) => {
    const [word, before] = [found.trim(), body.slice(Math.max(0, at - LOOKED_BACK), at)];
    return isName(word, before) || (IS_DEGREE.test(word) && DENIED.test(before)) ? found : "";
  });
  const tidy = shorter
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/ (?=[,.;:!?](?:\s|$))/g, "")
    .trimEnd();
  return indent + capitalized(tidy, body);
}

/** Whether a word is written or placed like a name: "A" and "IS" are names as often as words. */
function isName(word: string, before: string): boolean {
  if (NAMED.test(before) || /^[A-Z]{2,}$/.test(word)) return true;
  return word === "A" && !/(?:^|[.!?:][ \t]+|[-*•][ \t]+)$/.test(before);
}

/** What begins the line now begins it with a capital, as what did before. */
function capitalized(text: string, before: string): string {
  return /^\p{Lu}/u.test(before) ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
}
