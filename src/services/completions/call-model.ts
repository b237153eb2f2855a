import type { AnswerCache } from "../../cache/answers.ts";
import { type Answer, type AnswerPart, isStorable, saidIn } from "../../domain/completions/answer.ts";
import { spentOn } from "../../domain/completions/attempt.ts";
import { AppError } from "../../domain/errors.ts";
import type { AnswerRequest, ObtainedAnswer } from "./answer-request.ts";
import { toCompletionFailed } from "./completion-failed.ts";
import type { Lead } from "./flights.ts";
import type { CompletionResult } from "./completion-result.ts";
import type { CompletionStream } from "./completion-call.ts";
import type { CompletionMaker } from "./make-completion.ts";

/** What {@link callModel} needs. */
export interface CallModelDeps {
  completions: Pick<CompletionMaker, "whole" | "stream">;
  answers: Pick<AnswerCache, "store">;
}

/**
 * Calls a model for an execution, stores the answer where it may be stored, and passes it on to
 * the followers of the flight that this execution leads. Throws CompletionFailed.
 */
export async function callModel(deps: CallModelDeps, request: AnswerRequest, lead?: Lead): Promise<ObtainedAnswer> {
  try {
    return await request.timings.measure("llm", async () => {
      if (request.form === "whole") return wholeAnswer(deps, request, await deps.completions.whole(request.call), lead);
      const stream = await deps.completions.stream(request.call);
      lead?.open(stream.candidate);
      return obtained(stream, passOn(deps, request, stream, lead));
    });
  } catch (error) {
    endFlight(error, request, lead);
    throw error;
  }
}

function wholeAnswer(
  deps: CallModelDeps,
  request: AnswerRequest,
  result: CompletionResult,
  lead: Lead | undefined,
): ObtainedAnswer {
  const answer = answerOf(request, result);
  lead?.whole(result.candidate, answer);
  share(deps, request, result, answer, lead);
  return obtained(result, wholeParts(answer, result));
}

async function* wholeParts(answer: Answer, { attempts }: CompletionResult): AsyncGenerator<AnswerPart> {
  yield* saidIn(answer);
  yield { type: "answer", answer, attempts };
}

/** Passes a provider's stream on to the caller and the flight. */
async function* passOn(
  deps: CallModelDeps,
  request: AnswerRequest,
  { parts }: CompletionStream,
  lead: Lead | undefined,
): AsyncGenerator<AnswerPart> {
  let isFlightOver = false;
  try {
    for await (const part of parts) {
      if (part.type !== "result") {
        lead?.say(part);
        yield part;
        continue;
      }
      const answer = answerOf(request, part.result);
      share(deps, request, part.result, answer, lead);
      isFlightOver = true;
      yield { type: "answer", answer, attempts: part.result.attempts };
    }
  } catch (error) {
    isFlightOver = true;
    endFlight(error, request, lead);
    throw error;
  } finally {
    // The consumer left before the end, so the followers will not get one either.
    if (!isFlightOver) endFlight(new AppError("internal_error", "The answer was not read to its end."), request, lead);
  }
}

/**
 * Stores an answer and ends the flight with it. An answer of another model than the preferred one
 * goes to the followers that wait now, but not to those who come later. One that was joined of
 * several calls is stored for nobody: no model has said all of it.
 */
function share(
  deps: CallModelDeps,
  { call, key, policy }: AnswerRequest,
  { candidate, is_joined }: CompletionResult,
  answer: Answer,
  lead: Lead | undefined,
): void {
  const [first] = call.candidates;
  const isPreferred = first?.model === candidate.model && first.provider === candidate.provider;
  const keep = isPreferred && !is_joined && isStorable(answer);
  if (keep && key !== null) deps.answers.store(key, answer, policy.stale_if_error_ms / 1000);
  lead?.answer(answer, keep);
}

/**
 * Ends the flight with a failure. Where that is the leader's own, another caller leads. So is a
 * deadline: the leader may have set itself less time than its followers did, or its isolate may be
 * busy.
 */
function endFlight(thrown: unknown, { call }: AnswerRequest, lead: Lead | undefined): void {
  const { error, isOwn } = toCompletionFailed(thrown);
  lead?.fail(error, isOwn || call.signal.aborted || error.code === "timeout");
}

function obtained(
  { candidate, attempts }: Pick<CompletionStream, "candidate" | "attempts">,
  parts: AsyncIterable<AnswerPart>,
): ObtainedAnswer {
  return { cached: null, age_ms: null, stale: false, candidate, attempts, parts };
}

function answerOf({ execution_id }: AnswerRequest, result: CompletionResult): Answer {
  const { candidate, completion, attempts, output_json } = result;
  return {
    ...spentOn(attempts),
    execution_id,
    provider: candidate.provider,
    model: candidate.model,
    text: completion.text,
    ...(completion.tool_calls && { tool_calls: completion.tool_calls }),
    ...(completion.reasoning !== undefined && { reasoning: completion.reasoning }),
    ...(completion.reasoning_blocks && { reasoning_blocks: completion.reasoning_blocks }),
    ...(completion.response_id !== undefined && { response_id: completion.response_id }),
    ...(completion.relayed !== undefined && { relayed: completion.relayed }),
    finish_reason: completion.finish_reason,
    ...(output_json === undefined ? {} : { output_json }),
  };
}
