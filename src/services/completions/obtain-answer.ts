import type { AnswerCache, FoundAnswer } from "../../cache/answers.ts";
import { type Answer, type AnswerPart, saidIn } from "../../domain/completions/answer.ts";
import type { Attempt } from "../../domain/completions/attempt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import { AppError } from "../../domain/errors.ts";
import type { AnswerRequest, ObtainedAnswer } from "./answer-request.ts";
import { callModel, type CallModelDeps } from "./call-model.ts";
import { toCompletionFailed } from "./completion-failed.ts";
import { followFlight } from "./follow-flight.ts";
import type { Flights } from "./flights.ts";

/** What {@link obtainAnswer} needs. `fresh_ms` is how long a stored answer counts as fresh. */
export interface ObtainAnswerDeps extends CallModelDeps {
  answers: AnswerCache;
  flights: Flights;
  fresh_ms: number;
}

/** How often a follower boards again after its leader was lost. */
const MAX_BOARDINGS = 4;

/**
 * Obtains an answer by the cheapest way that is allowed: a stored one, one that is shared with an
 * execution that asks the same now, or a call. Where the call fails, a stale answer takes its place
 * if the prompt allows it. Throws CompletionFailed or AppError where there is no answer.
 */
export async function obtainAnswer(deps: ObtainAnswerDeps, request: AnswerRequest): Promise<ObtainedAnswer> {
  const hit = await findStored(deps, request);
  if (hit) return hit;
  if (request.policy.only_if_cached) {
    throw new AppError("timeout", "`Cache-Control: only-if-cached` was asked for, and no stored answer fits.");
  }
  try {
    return await shareOrCall(deps, request);
  } catch (thrown) {
    const { error, attempts } = toCompletionFailed(thrown);
    const { key, policy } = request;
    const excusable = error.retryable && key !== null && policy.stale_if_error_ms > 0;
    const old = excusable && (await deps.answers.find(key, deps.fresh_ms + policy.stale_if_error_ms));
    if (!old) throw thrown;
    return replay(old, old.age_ms > policy.max_age_ms, attempts);
  }
}

async function findStored(
  deps: ObtainAnswerDeps,
  { key, policy, timings }: AnswerRequest,
): Promise<ObtainedAnswer | undefined> {
  if (key === null || !policy.read) return undefined;
  const hit = await timings.measure("cache", async () => deps.answers.find(key, policy.max_age_ms));
  return hit && replay(hit, false, []);
}

async function shareOrCall(deps: ObtainAnswerDeps, request: AnswerRequest): Promise<ObtainedAnswer> {
  const { call, key, policy, timings } = request;
  // The rest of a restarted answer may come from a model that its followers did not name.
  if (key === null || !policy.read || call.restarts) return callModel(deps, request);
  for (let boarding = 0; boarding < MAX_BOARDINGS; boarding++) {
    const place = await timings.measure("cache", async () => deps.flights.board(key, policy.max_age_ms, call));
    if (place.role === "leader") return callModel(deps, request, place.lead);
    if (place.role === "alone") return callModel(deps, request);
    const followed = await timings.measure("llm", async () => followFlight(place.frames, request));
    if (followed === "alone") return callModel(deps, request);
    if (followed !== "lost" && followed !== "again") return followed;
    // A leader that ended before it heard of this follower has left its answer in the cache.
    const left = followed === "lost" && (await findStored(deps, request));
    if (left) return left;
    // Whoever may fare better than the leaders it met is owed a call of its own.
    if (followed === "again" && boarding === MAX_BOARDINGS - 1) return callModel(deps, request);
  }
  throw new AppError("provider_error", "The calls that this one was waiting for broke off.", { retryable: true });
}

/** A stored answer, after attempts that failed where it stands in for a call. */
function replay({ answer, tier, age_ms }: FoundAnswer, stale: boolean, attempts: readonly Attempt[]): ObtainedAnswer {
  return { cached: tier, age_ms, stale, candidate: candidateOf(answer), attempts, parts: partsOf(answer, attempts) };
}

async function* partsOf(answer: Answer, attempts: readonly Attempt[]): AsyncGenerator<AnswerPart> {
  yield* saidIn(answer);
  yield { type: "answer", answer, attempts };
}

function candidateOf({ provider, model }: Answer): Candidate {
  if (provider === null || model === null) throw new AppError("internal_error", "An answer that nobody gave.");
  return { provider, model };
}
