import { endOfValue } from "./compact-json.ts";

const WORD = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu;
/** Words of sentences that say which form an answer has, and nothing of what is in it. */
const FORM_WORDS = wordsOf(`
  a all always an and answer answers any anything array as be begin block blocks backtick backticks code commentary
  conform conforms conforming do does don't else ensure explanation explanations explanatory extra fence fences follow
  follows form format formatted generate give in include includes is it its json just make markdown match matches
  matching may must never no not nothing object of only or other output outputs parsable parseable plain please
  preamble preambles produce provide pure raw reply respond response responses result results return returned returns
  schema shall should simply single start strict strictly structure surrounding sure text that the to triple use using
  valid well-formed will with wrap wrapped write you your additional add adds after before around insert further
  outside
`);
/** Words of lines that announce a schema, beside those. */
const POINTING_WORDS = wordsOf("according below exact exactly following given specified this");
/** Of these a sentence has one that asks for JSON, or forbids something beside it. */
const VERBS = wordsOf("return returned respond reply output answer produce provide generate write be");
const FORBIDDEN =
  /\b(?:code (?:fence|block)|backtick|explanation|commentary|preamble|(?:other|additional|extra|explanatory) text)s?\b/i;
const NEGATION = /^\W*(?:\d+[.)] )?(?:please )?(?:do not|don't|never) /i;
const SENTENCES = /(?<=[.!?]["')]?)[ \t]+(?=\S)/;
/** A sentence that announces the schema. */
const ANNOUNCED = /\b(?:json|schema)\b/i;
const HELD = /[\uE000-\uF8FF]/;
/** Announcements without a schema, after which no more is looked for. */
const MOST_UNCLOSED = 20;

/**
 * Removes what a text says of an answer's form that the version's schema says already: a JSON schema
 * written out behind a sentence that announces it, all of which the version's has, and sentences
 * that ask for JSON. What says more than the form, or has a variable in it, stays.
 */
export function dropStatedSchema(text: string, schema: unknown): string {
  return withoutSchemas(text, schema).split("\n").flatMap(withoutRequests).join("\n");
}

function withoutSchemas(text: string, schema: unknown): string {
  let result = "";
  let from = 0;
  let unclosed = 0;
  for (const { index: colon, 0: rest } of text.matchAll(/:[ \t]*\n/g)) {
    const line = text.lastIndexOf("\n", colon) + 1;
    const announcement = text.slice(line, colon).split(SENTENCES).at(-1) ?? "";
    const isForm = ANNOUNCED.test(announcement) && hasOnly([FORM_WORDS, POINTING_WORDS], announcement);
    if (line < from || unclosed > MOST_UNCLOSED || !isForm) continue;
    const end = endOfSchema(text, colon + rest.length, schema);
    if (end === undefined) unclosed += 1;
    else {
      const before = text.slice(from, colon - announcement.length);
      // What stands before it in its line still ends its line.
      result += colon - announcement.length === line ? before : `${before.trimEnd()}\n`;
      from = end;
    }
  }
  return result + text.slice(from);
}

/** Where the line behind a JSON schema begins that stands at a place, in a fence or without. */
function endOfSchema(text: string, from: number, schema: unknown): number | undefined {
  const opening = /^\s*(```(?:json)?[ \t]*\n\s*)?(?=\{)/.exec(text.slice(from, from + 100));
  if (!opening) return undefined;
  const start = from + opening[0].length;
  const end = endOfValue(text, start);
  if (end === undefined || !isStated(text.slice(start, end), schema)) return undefined;
  const closing = opening[1] === undefined ? /^[ \t]*(?:\n|$)/ : /^\s*```[ \t]*(?:\n|$)/;
  const rest = closing.exec(text.slice(end, end + 100));
  return rest ? end + rest[0].length : undefined;
}

function isStated(block: string, schema: unknown): boolean {
  if (HELD.test(block)) return false;
  try {
    const value = JSON.parse(block) as unknown;
    return typeof value === "object" && value !== null && "properties" in value && hasAll(schema, value);
  } catch {
    return false;
  }
}

/** Whether a value of JSON has all that another one says. */
function hasAll(value: unknown, said: unknown): boolean {
  if (typeof said !== "object" || said === null) return value === said;
  if (typeof value !== "object" || value === null || Array.isArray(value) !== Array.isArray(said)) return false;
  if (Array.isArray(value) && Array.isArray(said) && value.length !== said.length) return false;
  const known = new Map<string, unknown>(Object.entries(value));
  return Object.entries(said).every(([name, each]) => known.has(name) && hasAll(known.get(name), each));
}

function withoutRequests(line: string): string[] {
  const sentences = line.split(SENTENCES);
  const left = sentences.filter((sentence) => {
    const said = sentence.trim();
    return HELD.test(said) || !isOfForm(said);
  });
  if (left.length === sentences.length) return [line];
  return left.length === 0 ? [] : [left.join(" ")];
}

/** Whether a sentence asks for JSON, or forbids what is beside it, and says nothing else. */
function isOfForm(sentence: string): boolean {
  if (sentence.includes(":") || !hasOnly([FORM_WORDS], sentence)) return false;
  const words = wordsOf(sentence);
  if (NEGATION.test(sentence)) return FORBIDDEN.test(sentence);
  return words.has("json") && !words.isDisjointFrom(VERBS);
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(WORD));
}

/** Whether each word of a sentence is one of those; the number of a list's item is none. */
function hasOnly(lists: readonly ReadonlySet<string>[], sentence: string): boolean {
  const words = wordsOf(sentence.replace(/^\W*\d+[.)] /, ""));
  return [...words].every((word) => lists.some((list) => list.has(word)));
}
