import type { JsonSchema } from "../../src/domain/prompts/prompt.ts";
import type { Message } from "../../src/domain/completions/completion.ts";
import { hashText } from "./random.ts";
import { valueForSchema } from "./schema-value.ts";
import { countTokens, cutToTokens } from "./tokens.ts";
import { seededWords } from "./words.ts";

const ECHO_CHARACTERS = 200;

/** What an answer is made from: equal inputs give equal answers. */
export interface AnswerInput {
  model: string;
  /** Without markers. */
  messages: readonly Message[];
  maxTokens: number | undefined;
  stop: readonly string[];
  schema: JsonSchema | undefined;
  /** A JSON object of any shape is wanted. */
  jsonObject: boolean;
  /** A text to answer with in place of the generated one. */
  fixed: string | undefined;
}

/** Why the answer ends where it does. */
export type AnswerEnd = "stop" | "length" | "stop_sequence";

/** The text of an answer, its true token count and how it ended. */
export interface Answer {
  text: string;
  tokens: number;
  end: AnswerEnd;
  stopSequence: string | null;
}

/** Writes the answer, then ends it at the first stop sequence or at `maxTokens`. */
export function makeAnswer(input: AnswerInput): Answer {
  const full = input.fixed ?? compose(input);
  const stopped = cutAtStop(full, input.stop);
  const text = input.maxTokens === undefined ? stopped.text : cutToTokens(stopped.text, input.maxTokens);
  const tokens = Math.max(1, countTokens(text));
  if (text.length < stopped.text.length) return { text, tokens, end: "length", stopSequence: null };
  if (stopped.sequence !== null) return { text, tokens, end: "stop_sequence", stopSequence: stopped.sequence };
  return { text, tokens, end: "stop", stopSequence: null };
}

function compose(input: AnswerInput): string {
  let seed = hashText(input.model);
  for (const message of input.messages) seed = hashText(message.content, hashText(message.role, seed));
  if (input.schema !== undefined) return JSON.stringify(valueForSchema(input.schema, seed));
  const text = `[mock ${input.model}] ${echo(input.messages)} ${seededWords(seed)}`;
  return input.jsonObject ? JSON.stringify({ answer: text }) : text;
}

/** The last user message, in one line and bounded. */
function echo(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.role === "user")?.content ?? "";
  const line = last
    .slice(0, ECHO_CHARACTERS * 4)
    .toWellFormed()
    .replaceAll(/\s+/g, " ")
    .trim();
  const characters = Array.from(line);
  const shown = characters.length > ECHO_CHARACTERS ? `${characters.slice(0, ECHO_CHARACTERS).join("")}…` : line;
  return shown === "" ? "You said nothing." : `You said: “${shown}”.`;
}

function cutAtStop(text: string, stops: readonly string[]): { text: string; sequence: string | null } {
  let end = text.length;
  let sequence: string | null = null;
  for (const stop of stops) {
    const index = stop === "" ? -1 : text.indexOf(stop);
    if (index < 0 || index >= end) continue;
    end = index;
    sequence = stop;
  }
  return { text: text.slice(0, end), sequence };
}
