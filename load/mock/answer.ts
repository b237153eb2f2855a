import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import type { PlainMessage } from "./plain-message.ts";
import { hashText } from "../harness/random.ts";
import { valueForSchema } from "./schema-value.ts";
import { countTokens, cutToTokens } from "./tokens.ts";
import { seededWords } from "./words.ts";

const ECHO_CHARACTERS = 200;

/** The input of an answer. Equal inputs give equal answers. */
export interface AnswerInput {
  model: string;
  /** The messages without markers. */
  messages: readonly PlainMessage[];
  maxTokens: number | undefined;
  stop: readonly string[];
  schema: JsonSchema | undefined;
  /** Whether the answer must be a JSON object of any shape. */
  jsonObject: boolean;
  /** The text of the answer, where it is not to be generated. */
  fixed: string | undefined;
}

/** The reason why an answer ends. */
export type AnswerEnd = "stop" | "length" | "stop_sequence";

/** An answer with its true number of tokens. */
export interface MockAnswer {
  text: string;
  tokens: number;
  end: AnswerEnd;
  stopSequence: string | null;
}

/** Composes an answer and cuts it at the first stop sequence or at `maxTokens`. */
export function makeAnswer(input: AnswerInput): MockAnswer {
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

/** Quotes the beginning of the last user message in one line. */
function echo(messages: readonly PlainMessage[]): string {
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
