import type { TextSpan } from "./jinja-spans.ts";
import { type PromptMessages, mapTexts, textsOf } from "./prompt-texts.ts";

/** The tag of an element that holds one example. */
const ELEMENT = /<((?:few_?shot_?)?(?:example|sample|shot|scenario|demonstration)\w*)\b[^<>]*>/gi;
/** Longer texts are left alone, in UTF-16 units. */
const MAX_LENGTH = 50_000;
/** The heading of a numbered example. */
const HEADINGS = /^[ \t]*(?:[#*[<-]+[ \t]*)?(?:Few-shot )?Examples?(?:[ \t]+\w+)?[ \t]+#?(\d+)\b[^\n]*$/gim;
/** Lines that are one example each: of JSON, or with the word before it. */
const ITEMS =
  /^[ \t]*(?:[-*•][ \t]*|\d+[.)][ \t]*)?(?:(?:example|e\.g\.|for example)[:,]?[ \t]+\S|\{[ \t]*"|"[^"\n]+"[ \t]*(?:→|->|=>)[ \t]*\S)[^\n]*(?:\n|$)/gim;
const LABELS = /^[ \t]*([A-Za-z][\w ]{0,24}):/gm;
/** A tag of Jinja, or what stands for one. */
const TAG = /\{[{%#]|[\uE000-\uF8FF]/;

/** Examples that stand behind each other in a text. The last ones may have no clear end. */
interface ExampleGroup {
  examples: TextSpan[];
  /** How many of them, from the first, have an end that can be told. */
  droppable: number;
}

/** The groups of at least two examples without variables: elements, numbered ones, and records. */
function groupsIn(text: string): ExampleGroup[] {
  if (text.length > MAX_LENGTH) return [];
  const groups = [elementsIn(text), numberedIn(text), ...recordsIn(text), ...itemsIn(text)].filter(
    ({ examples }) => examples.length > 1,
  );
  // The first way to tell an example wins where two do.
  return groups.reduce<ExampleGroup[]>((kept, group) => {
    const isFree = !kept.some((other) => overlap(spanOf(other), spanOf(group)));
    return isFree ? [...kept, group] : kept;
  }, []);
}

function spanOf({ examples }: ExampleGroup): TextSpan {
  return { start: examples[0]?.start ?? 0, end: examples.at(-1)?.end ?? 0 };
}

function overlap(one: TextSpan, other: TextSpan): boolean {
  return one.start < other.end && other.start < one.end;
}

function elementsIn(text: string): ExampleGroup {
  const examples: TextSpan[] = [];
  let from = 0;
  for (const { index, 0: tag, 1: name = "" } of text.matchAll(ELEMENT)) {
    if (index < from) continue;
    const closing = `</${name}>`;
    const end = text.indexOf(closing, index + tag.length);
    if (end === -1) break;
    from = end + closing.length;
    while (/\s/.test(text[from] ?? "")) from += 1;
    if (!TAG.test(text.slice(index, from))) examples.push({ start: index, end: from });
  }
  return { examples, droppable: examples.length };
}

/** An example goes on to the heading of the next one. Where the last one ends is not known. */
function numberedIn(text: string): ExampleGroup {
  const starts = [...text.matchAll(HEADINGS)].filter(([, number], at, all) => all[at - 1]?.[1] !== number);
  const examples = starts.map(({ index }, at) => ({ start: index, end: starts[at + 1]?.index ?? text.length }));
  const isPlain = examples.slice(0, -1).every(({ start, end }) => !TAG.test(text.slice(start, end)));
  return isPlain ? { examples, droppable: examples.length - 1 } : { examples: [], droppable: 0 };
}

/** Paragraphs behind each other whose lines have the same two labels or more. */
function recordsIn(text: string): ExampleGroup[] {
  const groups: ExampleGroup[] = [];
  let labels = "";
  for (const span of paragraphsIn(text)) {
    const paragraph = text.slice(span.start, span.end);
    const found = [...paragraph.matchAll(LABELS)].map(([, label]) => label);
    const own = found.length < 2 || TAG.test(paragraph) ? "" : found.join("\n");
    if (own !== "") {
      const last = groups.at(-1);
      if (own === labels && last) last.examples.push(span);
      else groups.push({ examples: [span], droppable: 0 });
    }
    labels = own;
  }
  return groups.map(({ examples }) => ({ examples, droppable: examples.length }));
}

/** Lines up to the next blank ones, and those. */
function paragraphsIn(text: string): TextSpan[] {
  const spans: TextSpan[] = [];
  let at = 0;
  let isBlank = true;
  for (const line of text.split("\n")) {
    const end = Math.min(text.length, at + line.length + 1);
    const last = spans.at(-1);
    if (line.trim() !== "" && isBlank) spans.push({ start: at, end });
    else if (last) last.end = end;
    isBlank = line.trim() === "";
    at = end;
  }
  return spans;
}

/** Lines behind each other: objects with the same keys, or all with the word. */
function itemsIn(text: string): ExampleGroup[] {
  const groups: (ExampleGroup & { key: string })[] = [];
  for (const { index, 0: line } of text.matchAll(ITEMS)) {
    if (TAG.test(line)) continue;
    const key = line.includes("{") ? (line.match(/"\w+"(?=[ \t]*:)/g) ?? []).join() : "";
    const span = { start: index, end: index + line.length };
    const last = groups.at(-1);
    if (last?.key === key && last.examples.at(-1)?.end === index) {
      last.examples.push(span);
      last.droppable += 1;
    } else groups.push({ examples: [span], droppable: 1, key });
  }
  return groups;
}

/** A text without examples that say word by word what another one says. */
export function dropRepeatedExamples(text: string): string {
  const dropped = groupsIn(text).flatMap(({ examples, droppable }) => {
    const said = examples.map((span) => wordsOf(text, span).join(" "));
    // Of two that are the same, the later one goes, if its end can be told.
    return examples.filter((_, at) => {
      const own = said[at] ?? "";
      return at < droppable && (said.indexOf(own) < at || said.slice(droppable).some((last) => last.startsWith(own)));
    });
  });
  return without(text, dropped);
}

/** The words of an example but for its number. */
function wordsOf(text: string, { start, end }: TextSpan): string[] {
  const plain = text.slice(start, end).replace(HEADINGS, "");
  return plain.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function without(text: string, spans: readonly TextSpan[]): string {
  return spans
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}

/** How many of the examples of a group are kept. */
export const EXAMPLE_SHARES = ["half", "one"] as const;
/** One of {@link EXAMPLE_SHARES}. */
export type ExampleShare = (typeof EXAMPLE_SHARES)[number];

/**
 * The messages with fewer examples: of each group in a template, and of the turns of a conversation
 * before its last question, those that differ the most from each other. Whether the others are
 * needed cannot be told from the text. Also returns how many are left out.
 */
export function withFewerExamples(
  messages: PromptMessages,
  share: ExampleShare,
): { messages: PromptMessages; dropped: number } {
  let dropped = 0;
  const shorter = mapTexts(messages, (text) => {
    const surplus = groupsIn(text).flatMap((group) => surplusOf(group, text, share));
    dropped += surplus.length;
    return without(text, surplus);
  });
  const turns = surplusTurns(shorter, share);
  const kept = shorter.filter((_, at) => !turns.includes(at) && !turns.includes(at - 1));
  return { messages: kept, dropped: dropped + turns.length };
}

function surplusOf({ examples, droppable }: ExampleGroup, text: string, share: ExampleShare): TextSpan[] {
  const kept = mostDiverse(
    examples.map((span) => wordsOf(text, span)),
    share,
    examples.slice(droppable).map((_, at) => droppable + at),
  );
  return examples.filter((_, at) => !kept.includes(at));
}

/** The places of examples to keep: each next one is the farthest from those that are kept. */
function mostDiverse(examples: readonly string[][], share: ExampleShare, fixed: readonly number[]): number[] {
  const sets = examples.map((words) => new Set(words));
  const kept = fixed.length > 0 ? [...fixed] : [0];
  const most = share === "one" ? 1 : Math.ceil(examples.length / 2);
  while (kept.length < most) {
    const distances = sets.map((set, at) => (kept.includes(at) ? -1 : distanceTo(kept, set, sets)));
    kept.push(distances.indexOf(Math.max(...distances)));
  }
  return kept;
}

function distanceTo(kept: readonly number[], set: ReadonlySet<string>, sets: readonly ReadonlySet<string>[]): number {
  return Math.min(
    ...kept.map((at) => {
      const other = sets[at] ?? new Set();
      const common = set.intersection(other).size;
      return 1 - common / Math.max(1, set.size + other.size - common);
    }),
  );
}

/** The places of questions without variables, with an answer behind, that are left out. */
function surplusTurns(messages: PromptMessages, share: ExampleShare): number[] {
  const isFixed = (at: number, role: string) => {
    const message = messages[at];
    return message?.placeholder === undefined && message?.role === role && !TAG.test(textsOf([message]).join(""));
  };
  const turns = messages.flatMap((_, at) =>
    isFixed(at, "user") && isFixed(at + 1, "assistant") && at + 2 < messages.length ? [at] : [],
  );
  if (turns.length < 2) return [];
  const words = turns.map((at) =>
    textsOf(messages.slice(at, at + 2)).flatMap((text) => text.toLowerCase().split(/\W+/)),
  );
  const kept = mostDiverse(words, share, []);
  return turns.filter((_, at) => !kept.includes(at));
}
