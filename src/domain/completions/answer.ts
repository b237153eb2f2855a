import type { Attempt } from "./attempt.ts";
import type { Execution, Spent } from "../executions/execution.ts";

/** A model's answer apart from who asked for it: what is cached, shared in a flight, and replayed. `execution_id` names the call that was paid for. */
export type Answer = Spent &
  Pick<Execution, "finish_reason" | "provider" | "model" | "output_json"> & { execution_id: string; text: string };

/**
 * A piece of an answer on its way to an execution: text as it comes, then exactly one whole answer
 * with the attempts that the execution made for it (none for a stored or shared answer). What goes
 * wrong on the way is thrown.
 */
export type AnswerPart =
  { type: "text"; text: string } | { type: "answer"; answer: Answer; attempts: readonly Attempt[] };

/** Whether an answer may be given to the next who asks the same: whole, and ended by the model itself. */
export function isStorable(answer: Answer): boolean {
  return answer.finish_reason === "stop";
}

/** Characters of a replayed delta, about. */
const PIECE = 2_048;

/** A stored text in the pieces that a replayed stream has; no surrogate pair is cut. */
export function* piecesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + PIECE);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end += 1;
    yield text.slice(start, end);
    start = end;
  }
}
