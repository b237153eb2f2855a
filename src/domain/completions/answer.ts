import type { Attempt, Spent } from "./attempt.ts";
import type { FinishReason, ProviderName, Said } from "./completion.ts";
import { type ReasoningBlock, textOfReasoning } from "./message.ts";
import type { ToolCall } from "./tools.ts";

/**
 * A model's answer without the execution that asked for it. This is what is cached, shared in a
 * flight, and replayed. `execution_id` names the execution that paid for the call.
 */
export interface Answer extends Spent {
  execution_id: string;
  provider: ProviderName | null;
  model: string | null;
  text: string;
  tool_calls?: ToolCall[];
  /** The model's reasoning, where it was asked for. */
  reasoning?: string;
  /** The reasoning as its provider takes it back, where it was asked for. */
  reasoning_blocks?: ReasoningBlock[];
  /** The provider's id of the response, where the provider keeps it for later requests. */
  response_id?: string;
  /** The provider's own body or events, where a client of its wire format asked. */
  relayed?: string;
  /** The parsed answer, where the prompt has an output schema. */
  output_json?: unknown;
  finish_reason: FinishReason | null;
}

/**
 * A part of an answer that an execution reads: what the model says as it comes, then exactly one
 * whole answer with the attempts that the execution made for it (none for a stored or shared
 * answer). A failure is thrown.
 */
export type AnswerPart = Said | { type: "answer"; answer: Answer; attempts: readonly Attempt[] };

/** What an answer says, as a stream would have brought it. */
export function* saidIn(said: SaidInAnswer): Generator<Said> {
  const { text, reasoning, reasoning_blocks, tool_calls = [], relayed } = said;
  if (relayed !== undefined) yield { type: "relayed", text: relayed };
  yield* reasoningIn(reasoning, reasoning_blocks);
  for (const piece of piecesOf(text)) yield { type: "text", text: piece };
  for (const [index, call] of tool_calls.entries()) yield { type: "tool_call", index, call };
}

/** What an answer says. */
export type SaidInAnswer = Pick<Answer, "text" | "reasoning" | "reasoning_blocks" | "tool_calls" | "relayed">;

/**
 * Reasoning as a stream would have brought it. Each block ends with its own text, unless not all of
 * the reasoning is in the blocks.
 */
export function* reasoningIn(reasoning = "", blocks: readonly ReasoningBlock[] = []): Generator<Said> {
  const isAll = blocks.map(textOfReasoning).join("") === reasoning;
  if (!isAll) for (const piece of piecesOf(reasoning)) yield { type: "reasoning", text: piece };
  for (const block of blocks) {
    if (isAll) for (const piece of piecesOf(textOfReasoning(block))) yield { type: "reasoning", text: piece };
    yield { type: "reasoning", text: "", block };
  }
}

/** Whether an answer may be stored for later executions: the model itself must have ended it. */
export function isStorable({ finish_reason }: Answer): boolean {
  return finish_reason === "stop" || finish_reason === "tool_calls";
}

/** Approximate length of a replayed delta, in UTF-16 units. */
const PIECE_LENGTH = 2_048;

/** Splits a stored text into the deltas of a replayed stream. Never cuts a surrogate pair. */
export function* piecesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + PIECE_LENGTH);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end += 1;
    yield text.slice(start, end);
    start = end;
  }
}
