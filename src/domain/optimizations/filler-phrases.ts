import { ANYWHERE, OPENINGS } from "./filler-list.ts";

/** Sentences that ask for nothing. */
const COURTESIES =
  /(?<=^|[.!?\n] ?)[ ]*(?:thank you(?: very much)?|thanks(?: a lot)?|good luck)(?: in advance| for your help)?[.!](?=\s|$)/gi;

const START = String.raw`(?<=^|[.!?] |[.!?]  |\n[ \t]*|(?:^|\n)[ \t]*(?:[-*•]|\d+[.)])[ \t]+)`;

/** A phrase, and what says the same in fewer words. */
interface Phrase {
  phrase: string;
  shorter: string;
}

const listOf = (lines: string): Phrase[] =>
  lines
    .trim()
    .split("\n")
    .map((line) => {
      const [phrase = "", shorter = ""] = line.split(/ =(?: |$)/);
      return { phrase: phrase.trim(), shorter: shorter.trim() };
    });

/** The lists as one expression, made when it is first needed. */
let compiled: { pattern: RegExp; shorter: string[] } | undefined;

function compile(): { pattern: RegExp; shorter: string[] } {
  const [openings, anywhere] = [listOf(OPENINGS), listOf(ANYWHERE)];
  const source = ({ phrase }: Phrase, at: number) => `(?<p${at}>${phrase.replaceAll(" ", "[ \\t]+")})`;
  const first = openings.map(source).join("|");
  const other = anywhere.map((phrase, at) => source(phrase, openings.length + at)).join("|");
  const pattern = new RegExp(`(?:${START}(?:${first})|(?<![\\w-])(?:${other}))(?![\\w(-])`, "gi");
  return { pattern, shorter: [...openings, ...anywhere].map((phrase) => phrase.shorter) };
}

/** Phrases that stand behind each other. */
const MOST_IN_A_ROW = 3;

/**
 * Replaces phrases of a documented list that add nothing, in a text whose quotations are protected.
 * What follows one at the beginning of a sentence begins it then.
 */
export function dropFillers(text: string): string {
  const without = text.replaceAll(COURTESIES, "");
  let shorter = without;
  // A phrase may stand behind another one, as in “please make sure to”.
  for (let round = 0; round < MOST_IN_A_ROW; round++) shorter = replacePhrases(shorter);
  return shorter;
}

function replacePhrases(text: string): string {
  compiled ??= compile();
  let result = "";
  let from = 0;
  for (const match of text.matchAll(compiled.pattern)) {
    const [found] = match;
    if (match.index < from) continue;
    const [name = ""] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    const listed = compiled.shorter[Number(name.slice(1))] ?? "";
    const shorter = listed === "n't" ? found.slice(0, -"not".length).trimEnd() + listed : listed;
    const end = match.index + found.length;
    // What is written in capitals is meant to be loud.
    if (shorter !== "" && /\b[A-Z]{2,}\b/.test(found)) continue;
    const isCapital = /^\p{Lu}/u.test(found);
    result += text.slice(from, match.index) + (isCapital ? capitalized(shorter) : shorter);
    from = end;
    if (shorter !== "") continue;
    // The comma or space behind the phrase goes with it.
    from += /^[ \t]*(?:,[ \t]*)?/.exec(text.slice(end))?.[0].length ?? 0;
    const next = text[from];
    if (isCapital && next !== undefined) {
      result += next.toUpperCase();
      from += 1;
    }
  }
  return result + text.slice(from);
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
