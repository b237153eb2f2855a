import { compactJson } from "./compact-json.ts";
import { dropRepeatedExamples } from "./surplus-examples.ts";
import { dropFillers } from "./filler-phrases.ts";
import { dropDecoration } from "./markdown-decoration.ts";
import { type PromptMessages, mapTexts } from "./prompt-texts.ts";
import { type ProtectedText, protectText, type Reach } from "./protected-text.ts";
import { dropRepetitions, type SaidSentences } from "./repeated-sentences.ts";
import { dropStatedSchema } from "./stated-schema.ts";
import { writeTelegraphically } from "./telegraphic-style.ts";
import { trimWhiteSpace } from "./white-space.ts";

/**
 * How bold a shortening is. `safe`: what the text says cannot change. `concise`: it says the same in
 * fewer words. `telegraphic`: whoever reads it fills in words that carry grammar only.
 */
export const LEVELS = ["safe", "concise", "telegraphic"] as const;
/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** What a pass knows beside its text. */
interface PassContext {
  /** What the messages before say. */
  said: SaidSentences;
  /** The JSON schema that the version's answers keep to, if it has one. */
  schema?: unknown;
}

interface PassRule {
  /** The least bold level that it belongs to. */
  level: Level;
  /** What it is shown of a text; null for one that finds by itself what has no tags. */
  reach: Reach | null;
  /** Whether the version's schema has to say what it removes. */
  needsSchema?: true;
  shorten: (held: ProtectedText, context: PassContext) => string;
}

/** The passes that shorten a template, in the order in which they are made. */
const RULES = {
  compact_json: { level: "safe", reach: "json", shorten: ({ text }) => compactJson(text) },
  repeated_examples: { level: "safe", reach: null, shorten: ({ text }) => dropRepeatedExamples(text) },
  stated_schema: {
    level: "concise",
    reach: "json",
    needsSchema: true,
    shorten: ({ text }, { schema }) => dropStatedSchema(text, schema),
  },
  decoration: { level: "concise", reach: "prose", shorten: ({ text }) => dropDecoration(text) },
  filler_phrases: { level: "concise", reach: "prose", shorten: ({ text }) => dropFillers(text) },
  repetitions: { level: "safe", reach: "prose", shorten: (held, { said }) => dropRepetitions(held, said, false) },
  similar_sentences: {
    level: "concise",
    reach: "prose",
    shorten: (held, { said }) => dropRepetitions(held, said, true),
  },
  telegraphic: { level: "telegraphic", reach: "prose", shorten: ({ text }) => writeTelegraphically(text) },
  white_space: { level: "safe", reach: "prose", shorten: ({ text }) => trimWhiteSpace(text) },
} as const satisfies Record<string, PassRule>;

/** The name of a pass. */
export type Pass = keyof typeof RULES;
/** All passes, in the order in which they are made. */
export const PASSES = Object.keys(RULES) as Pass[];

/** Makes one pass over a Jinja template. A text that cannot be protected stays as it is. */
export function makePass(pass: Pass, template: string, context: PassContext = { said: [] }): string {
  const { reach, shorten }: PassRule = RULES[pass];
  if (reach === null) return shorten({ text: template, spanOf: () => "", restore: (text) => text }, context);
  const held = protectText(template, reach);
  return held ? held.restore(shorten(held, context)) : template;
}

/** The most rounds of all passes: one may make a phrase that another one shortens. */
const MOST_ROUNDS = 4;

/**
 * Messages after all passes of a level, and which of them changed something. What an assistant says
 * in them is an example of an answer and stays. `schema`: the JSON schema that the version's answers
 * keep to, if it has one.
 */
export function shortenMessages(
  messages: PromptMessages,
  { level, schema }: { level: Level; schema?: unknown },
): { messages: PromptMessages; passes: Pass[] } {
  const changed = new Set<Pass>();
  const own = passesOf(level, schema !== undefined);
  let shorter = messages;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let isChanged = false;
    for (const pass of own) {
      const said: SaidSentences = [];
      shorter = mapTexts(shorter, (text, role) => {
        const made = role === "assistant" ? text : makePass(pass, text, { said, schema });
        if (made !== text) {
          changed.add(pass);
          isChanged = true;
        }
        return made;
      });
    }
    if (!isChanged) break;
  }
  return { messages: shorter, passes: PASSES.filter((pass) => changed.has(pass)) };
}

function passesOf(level: Level, hasSchema: boolean): Pass[] {
  return PASSES.filter((pass) => {
    const rule: PassRule = RULES[pass];
    return LEVELS.indexOf(rule.level) <= LEVELS.indexOf(level) && (hasSchema || rule.needsSchema !== true);
  });
}
