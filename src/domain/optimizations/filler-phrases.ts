/** A phrase, and what says the same in fewer words. */
type Phrase = readonly [phrase: string, shorter: string];

/**
 * Phrases that add nothing to an instruction, wherever they stand. None says how strong, how often
 * or for whom something holds; those that might, such as `just`, `always` or `only`, are not here.
 */
const ANYWHERE: readonly Phrase[] = [
  ["please kindly", ""],
  ["please", ""],
  ["kindly", ""],
  ["in order to", "to"],
  ["so as to", "to"],
  ["due to the fact that", "because"],
  ["in the event that", "if"],
  ["at this point in time", "now"],
  ["at the present time", "now"],
  ["for the purpose of", "for"],
  ["a large number of", "many"],
  ["the majority of", "most"],
  ["(?:is|are) able to", "can"],
  ["each and every", "every"],
  ["any and all", "all"],
  ["first and foremost", "first"],
  ["whether or not", "whether"],
  ["in such a way that", "so that"],
  ["based upon", "based on"],
  ["prior to", "before"],
  ["subsequent to", "after"],
  ["take into (?:account|consideration)", "consider"],
  ["make use of", "use"],
  ["utilize", "use"],
  ["utilizing", "using"],
  ["(?:make|be) sure to(?! not\\b)", ""],
  ["absolutely (?=essential|necessary)", ""],
];

/** Openings of a sentence whose rest says the same without them. */
const OPENINGS: readonly Phrase[] = [
  ["(?:it is|it's) (?:very |extremely )?important to (?:note|remember) that", ""],
  ["it should be noted that", ""],
  ["it is worth noting that", ""],
  ["(?:please )?(?:note|remember|be aware|keep in mind) that", ""],
  ["(?:always )?remember to(?! not\\b)", ""],
  ["remember:", ""],
  ["(?:do not|don't) forget to", ""],
  ["(?:please )?(?:make sure|ensure) (?:that )?you(?! (?:not|never|do not|don't|can|are|have|were)\\b)", ""],
  ["(?:i|we) (?:want|need) you to", ""],
  ["(?:i|we)(?: would|'d) like you to", ""],
  ["your (?:task|job|goal) is to", ""],
  ["you (?:need|are required|are expected) to(?! not\\b)", ""],
  ["you should(?! (?:not|never|be|also|have)\\b)", ""],
];

/** Sentences that ask for nothing. */
const COURTESIES =
  /(?<=^|[.!?\n] ?)[ ]*(?:thank you(?: very much)?|thanks(?: a lot)?)(?: in advance| for your help)?[.!](?=\s|$)/gi;

const START = String.raw`(?<=^|[.!?] |[.!?]  |\n[ \t]*|(?:^|\n)[ \t]*(?:[-*•]|\d+[.)])[ \t]+)`;
const source = ([phrase]: Phrase): string => phrase.replaceAll(" ", "[ \\t]+");
const PHRASES = new RegExp(
  [
    ...OPENINGS.map((phrase, at) => `${START}(?<o${at}>${source(phrase)})`),
    ...ANYWHERE.map((phrase, at) => `(?<![\\w-])(?<a${at}>${source(phrase)})`),
  ]
    .map((pattern) => `${pattern}(?![\\w-])`)
    .join("|"),
  "gi",
);

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
  let result = "";
  let from = 0;
  for (const match of text.matchAll(PHRASES)) {
    const [found] = match;
    if (match.index < from) continue;
    const shorter = shorterOf(match.groups ?? {});
    const end = match.index + found.length;
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

function shorterOf(groups: Record<string, string | undefined>): string {
  const [name = ""] = Object.entries(groups).find(([, value]) => value !== undefined) ?? [];
  const list = name.startsWith("o") ? OPENINGS : ANYWHERE;
  return list[Number(name.slice(1))]?.[1] ?? "";
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
