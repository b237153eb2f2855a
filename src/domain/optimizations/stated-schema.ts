import { endOfValue } from "./compact-json.ts";

/** Sentences that ask for JSON, or for nothing beside it. */
const ASKED =
  /^[^.:]{0,60}\b(?:return|respond|reply|output|answer|produce|provide|generate|must be|should be)\b[^.:]{0,60}\bjson\b[^.:]{0,60}[.!]?$/i;
const FORBIDDEN =
  /^\W*(?:\d+[.)] )?(?:please )?(?:do not|don't|never) [^.:]{0,60}\b(?:markdown|code (?:fence|block)|backtick|explanation|comment|preamble|other text|additional text)s?\b[^.:]{0,40}[.!]?$/i;
/** What they say of a condition, or of a field, the schema does not say. */
const CONDITIONAL = /\b(?:if|when|unless|where|field|key|null|empty)\b/i;
const SENTENCES = /(?<=[.!?]["')]?)[ \t]+(?=\S)/;
/** A line that announces the schema. */
const ANNOUNCED = /\b(?:json|schema)\b/i;
const HELD = /[\uE000-\uF8FF]/;
/** Announcements without a schema, after which no more is looked for. */
const MOST_UNCLOSED = 20;

/**
 * Removes what a text says of an answer's form that the version's schema says already: a JSON schema
 * written out behind a line that announces it, and sentences that ask for JSON and nothing else.
 * What has a variable in it stays.
 */
export function dropStatedSchema(text: string): string {
  return withoutSchemas(text).split("\n").flatMap(withoutRequests).join("\n");
}

function withoutSchemas(text: string): string {
  let result = "";
  let from = 0;
  let unclosed = 0;
  for (const { index: colon, 0: rest } of text.matchAll(/:[ \t]*\n/g)) {
    const index = text.lastIndexOf("\n", colon) + 1;
    if (index < from || unclosed > MOST_UNCLOSED || !ANNOUNCED.test(text.slice(index, colon))) continue;
    const end = endOfSchema(text, colon + rest.length);
    if (end === undefined) unclosed += 1;
    else {
      result += text.slice(from, index);
      from = end;
    }
  }
  return result + text.slice(from);
}

/** Where the line behind a JSON schema begins that stands at a place, in a fence or without. */
function endOfSchema(text: string, from: number): number | undefined {
  const opening = /^\s*(```(?:json)?[ \t]*\n\s*)?(?=\{)/.exec(text.slice(from, from + 100));
  if (!opening) return undefined;
  const start = from + opening[0].length;
  const end = endOfValue(text, start);
  if (end === undefined || !isSchema(text.slice(start, end))) return undefined;
  const closing = opening[1] === undefined ? /^[ \t]*(?:\n|$)/ : /^\s*```[ \t]*(?:\n|$)/;
  const rest = closing.exec(text.slice(end, end + 100));
  return rest ? end + rest[0].length : undefined;
}

function isSchema(block: string): boolean {
  if (HELD.test(block)) return false;
  try {
    const value = JSON.parse(block) as unknown;
    return typeof value === "object" && value !== null && "properties" in value && "type" in value;
  } catch {
    return false;
  }
}

function withoutRequests(line: string): string[] {
  const sentences = line.split(SENTENCES);
  const left = sentences.filter((sentence) => {
    const said = sentence.trim();
    return HELD.test(said) || CONDITIONAL.test(said) || !(ASKED.test(said) || FORBIDDEN.test(said));
  });
  if (left.length === sentences.length) return [line];
  return left.length === 0 ? [] : [left.join(" ")];
}
