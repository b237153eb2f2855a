import { jinjaSpans, type TextSpan } from "./jinja-spans.ts";

/** The private-use characters that stand for what must not change. */
const FIRST = 0xe0_00;
const LAST = 0xf8_ff;
const OWN = /[\uE000-\uF8FF]/g;

/** Elements whose content is instructions by their name, and not data; all others are left alone. */
const INSTRUCTIONS =
  /(?:^|_)(?:instructions?|rules?|tasks?|role|guid(?:elines?|ance)|constraints?|requirements?|format|important|process|steps?|workflow|strategy|policy|style|tone|quality|efficiency|security|goals?|notes?|tools?)(?:_|$)/i;
const DATA = /example|document|input|output|context|data|text|message|history|quer(?:y|ies)|result|email/i;
/** Elements whose content shows a form, in which JSON is JSON. */
const FORMS = /^(?:examples?|output|response|schema|json)$/i;
const TAG = /<([A-Za-z][\w-]*)(?:\s[^<>]*)?>|<\/[A-Za-z][\w-]*>/g;

/** Longer texts are left alone, in UTF-16 units: the work grows with what quotations may reach. */
const MAX_LENGTH = 50_000;

/** Where the wording matters within a line, or up to the next blank one. */
const QUOTED = new RegExp(
  [
    String.raw`^[ \t]*(?:[#*-]+[ \t]*)?(?:Few-shot )?Examples?\b[^\n]*(?:\n(?![ \t]*(?:\n|$(?!\n)))[^\n]+)*`,
    String.raw`^[ \t]*(?:Input|Output|Q|A|Question|Answer|User|Assistant|Human|AI|Customer|Agent)[ \t]*:[^\n]*`,
    String.raw`^(?: {4}|\t)[^\n]*`,
    String.raw`\bhttps?://[^\s<>"')\]]+|\b[\w.+-]+@[\w-]+\.[\w.]+`,
    "`[^`\\n]{1,200}`",
    String.raw`"[^"\n]{1,200}"|“[^”\n]{1,200}”|«[^»\n]{1,200}»`,
    String.raw`(?<=^|[\s([:])'[^'\n]{1,200}'(?=[\s.,;:!?)\]]|$)`,
  ].join("|"),
  "gim",
);

/** A text in which protected spans are one character each. */
export interface ProtectedText {
  text: string;
  /** What a character stands for; empty for one that stands for itself. */
  spanOf: (character: string) => string;
  /** The text with the spans back in it. */
  restore: (text: string) => string;
}

/** What a pass may reach: `prose` alone, or all but code and data, with what of these is `json`. */
export type Reach = "prose" | "json";

/**
 * Puts one character in place of everything that a pass must not change: Jinja tags, fenced code,
 * data in elements of XML and, of prose, quotations, addresses, examples and indented lines. What
 * the passes then do to the text around cannot reach it. Undefined for a text that has such
 * characters itself, too many spans, or does not parse.
 */
export function protectText(source: string, reach: Reach): ProtectedText | undefined {
  const ofJinja = source.length <= MAX_LENGTH && source.search(OWN) === -1 ? jinjaSpans(source) : undefined;
  if (!ofJinja) return undefined;
  const spans: string[] = [];
  const spanOf = (character: string) => spans[character.charCodeAt(0) - FIRST] ?? "";
  // A span may hold others: what a fence has of Jinja, for example.
  const restore = (text: string): string => {
    let whole = text;
    while (whole.search(OWN) !== -1) whole = whole.replaceAll(OWN, spanOf);
    return whole;
  };
  const hide = (text: string, hidden: readonly TextSpan[]) => {
    let result = "";
    let from = 0;
    for (const { start, end } of hidden) {
      if (start < from) continue;
      spans.push(text.slice(start, end));
      result += text.slice(from, start) + String.fromCharCode(Math.min(LAST, FIRST + spans.length - 1));
      from = end;
    }
    return result + text.slice(from);
  };
  let text = hide(source, ofJinja);
  const code = fences(text);
  text = hide(text, reach === "json" ? code.filter((span) => !isJson(text, span)) : code);
  text = hide(text, tripleQuotes(text));
  text = hide(text, elements(text, reach));
  if (reach === "prose") {
    text = hide(text, [...text.matchAll(QUOTED)].map(toSpan));
    text = hide(text, records(text));
  }
  if (spans.length > LAST - FIRST) return undefined;
  return { text, spanOf: (character) => restore(spanOf(character)), restore };
}

function toSpan({ index, 0: found }: RegExpExecArray): TextSpan {
  return { start: index, end: index + found.length };
}

/** Code between fences of Markdown; one that is never closed goes on to the end. */
function fences(text: string): TextSpan[] {
  const spans: TextSpan[] = [];
  let open: { fence: string; start: number } | undefined;
  for (const match of text.matchAll(/^[ \t]*(`{3,}|~{3,})/gm)) {
    const [, fence = ""] = match;
    if (!open) open = { fence, start: match.index };
    else if (fence.startsWith(open.fence)) {
      const end = text.indexOf("\n", match.index);
      spans.push({ start: open.start, end: end === -1 ? text.length : end });
      open = undefined;
    }
  }
  return open ? [...spans, { start: open.start, end: text.length }] : spans;
}

function isJson(text: string, { start }: TextSpan): boolean {
  return /^[ \t]*(?:`{3,}|~{3,})(?:json[ \t]*|[ \t]*)\n\s*[[{]/i.test(text.slice(start, start + 200));
}

const LABELLED = /^[ \t]*([A-Za-z][\w -]{0,24}):(?=[ \t]*\S)[^\n]*/gm;
/** Words before a colon that begin an instruction, however often they do. */
const INSTRUCTING = /^(?:note|important|remember|warning|caution|reminder|tip|hint|rule|critical|always|never)$/i;

/** Lines whose label stands before others, too: examples, and the form of an answer. */
function records(text: string): TextSpan[] {
  const lines = [...text.matchAll(LABELLED)];
  const counts = new Map<string, number>();
  for (const [, label = ""] of lines) counts.set(label, (counts.get(label) ?? 0) + 1);
  return lines.filter(([, label = ""]) => (counts.get(label) ?? 0) > 1 && !INSTRUCTING.test(label)).map(toSpan);
}

function tripleQuotes(text: string): TextSpan[] {
  const marks = [...text.matchAll(/"""/g)].map(({ index }) => index);
  return Array.from({ length: Math.floor(marks.length / 2) }, (_, pair) => ({
    start: marks[pair * 2] ?? 0,
    end: (marks[pair * 2 + 1] ?? 0) + 3,
  }));
}

function isOpen(name: string, reach: Reach): boolean {
  const isInstruction = INSTRUCTIONS.test(name) && (!DATA.test(name) || /format$/i.test(name));
  return isInstruction || (reach === "json" && FORMS.test(name));
}

/** A tag in the middle of a sentence, closed in a later one, is only spoken of. */
function isElement(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf("\n", start) + 1, start);
  return before.trim() === "" || !text.slice(start, end).includes("\n");
}

/** Elements with what is in them; of those that hold instructions, and of lone tags, the tag. */
function elements(text: string, reach: Reach): TextSpan[] {
  const spans: TextSpan[] = [];
  const unclosed = new Set<string>();
  let from = 0;
  for (const match of text.matchAll(TAG)) {
    const [tag, name] = match;
    const start = match.index;
    if (start < from) continue;
    from = start + tag.length;
    if (name !== undefined && !isOpen(name, reach) && !unclosed.has(name)) {
      const closing = `</${name}>`;
      const end = text.indexOf(closing, from);
      if (end === -1) unclosed.add(name);
      else if (isElement(text, start, end)) from = end + closing.length;
    }
    spans.push({ start, end: from });
  }
  return spans;
}
