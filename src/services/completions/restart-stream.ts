import type { Candidate } from "../../domain/completions/candidate.ts";
import type { Said } from "../../domain/completions/completion.ts";
import { DivergedAnswer } from "../../domain/completions/diverged-answer.ts";
import type { CallPart, OpenedCall } from "./call-provider.ts";
import type { CompletionCall, CompletionStream, StreamCut } from "./completion-call.ts";
import { CompletionFailed, toCompletionFailed } from "./completion-failed.ts";
import type { CompletionPart } from "./completion-result.ts";

/** How often a stream goes on with another call. */
const MAX_RESTARTS = 2;

/**
 * Passes a stream on over its cuts: one that breaks off in its text goes on with what another call
 * says after the same text. `open` makes that call. Where none can go on, the stream ends with the
 * error that cut it. Throws CompletionFailed with all attempts.
 */
export async function* overCuts(
  first: CompletionStream["parts"],
  call: CompletionCall,
  open: (call: CompletionCall) => Promise<CompletionStream>,
): AsyncGenerator<CompletionPart> {
  const said = new SaidBeforeCut();
  let parts = first;
  let cut: CompletionFailed | undefined;
  for (let restarts = 0; ; restarts++) {
    try {
      for await (const part of parts) {
        if (part.type !== "result") said.add(part);
        yield cut && part.type === "result" ? { ...part, result: { ...part.result, is_joined: true } } : part;
      }
      return;
    } catch (thrown) {
      const failed = toCompletionFailed(thrown);
      if (cut && failed.error instanceof DivergedAnswer) throw new CompletionFailed(cut.error, failed.attempts);
      cut = failed;
    }
    if (restarts === MAX_RESTARTS || !said.isOnlyText || !canGoOn(cut, call)) throw cut;
    parts = await reopen(cut, { ...call, cut: said.until(cut) }, open);
  }
}

/** Opens the stream that goes on from a cut. Throws the error of the cut where there is none. */
async function reopen(
  { error, attempts }: CompletionFailed,
  call: CompletionCall,
  open: (call: CompletionCall) => Promise<CompletionStream>,
): Promise<CompletionStream["parts"]> {
  try {
    const candidates = afterwards(call.candidates, attempts.at(-1)?.candidate);
    return (await open({ ...call, candidates })).parts;
  } catch (thrown) {
    const later = toCompletionFailed(thrown).attempts;
    throw new CompletionFailed(error, later.length > 0 ? later : attempts);
  }
}

/** Whether the provider is what cut the stream, and the execution has a reader and time left. */
function canGoOn({ error, attempts }: CompletionFailed, { signal, restarts }: CompletionCall): boolean {
  return error.retryable && attempts.at(-1)?.outcome === "failed" && !signal.aborted && restarts?.() === true;
}

/** The candidates after the one that broke off, then those before it, and it itself at last. */
function afterwards(candidates: readonly Candidate[], broken: Candidate | undefined): Candidate[] {
  const next = candidates.findIndex((each) => each === broken) + 1;
  return [...candidates.slice(next), ...candidates.slice(0, next)];
}

/** What the reader of a stream has had of it. */
class SaidBeforeCut {
  #said: Pick<StreamCut, "text" | "reasoning" | "reasoning_blocks"> = { text: "" };
  #hasOther = false;
  #last: Said["type"] | undefined;

  add(part: Said): void {
    this.#last = part.type;
    if (part.type === "text") this.#said.text += part.text;
    else if (part.type === "reasoning") {
      this.#said.reasoning = (this.#said.reasoning ?? "") + part.text;
      if (part.block) (this.#said.reasoning_blocks ??= []).push(part.block);
    } else this.#hasOther = true;
  }

  /**
   * Whether another call can go on: no tool was called, no provider's own events were passed on,
   * and no reasoning breaks off in its middle.
   */
  get isOnlyText(): boolean {
    return !this.#hasOther && this.#last === "text";
  }

  until({ attempts }: CompletionFailed): StreamCut {
    return { ...this.#said, attempts };
  }
}

/**
 * The parts of a call that goes on from a cut: only what its reader has not had, and at last the
 * whole answer. `prefix` is what the call was sent of the answer. Throws CompletionFailed with a
 * {@link DivergedAnswer} as soon as the text is another one than before the cut. The model reasons
 * anew, which is not passed on: its reader has had the reasoning.
 */
export async function* goOn(parts: OpenedCall["parts"], cut: StreamCut, prefix: string): AsyncGenerator<CallPart> {
  let length = prefix.length;
  try {
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      const part = next.value;
      if (part.type === "text") {
        const again = part.text.slice(0, Math.max(0, cut.text.length - length));
        if (!cut.text.startsWith(again, length)) await parts.throw(new DivergedAnswer());
        length += part.text.length;
        const text = part.text.slice(again.length);
        if (text !== "") yield { type: "text", text };
      } else if (part.type === "answered") yield joined(part, cut, prefix);
      else if (part.type !== "reasoning") {
        if (length < cut.text.length) await parts.throw(new DivergedAnswer());
        yield part;
      }
    }
  } finally {
    await parts.return();
  }
}

/** The whole answer, of which the call has said the end. */
function joined(
  { attempt, completion }: Extract<CallPart, { type: "answered" }>,
  { text: said, reasoning, reasoning_blocks }: StreamCut,
  prefix: string,
): CallPart {
  const { reasoning: _again, reasoning_blocks: _blocks, ...rest } = completion;
  const text = prefix + completion.text;
  if (text.length < said.length) {
    const error = new DivergedAnswer();
    throw new CompletionFailed(error, [{ ...attempt, outcome: "rejected", error }]);
  }
  const before = { ...(reasoning !== undefined && { reasoning }), ...(reasoning_blocks && { reasoning_blocks }) };
  return { type: "answered", attempt, completion: { ...rest, ...before, text } };
}
