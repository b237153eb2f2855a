import type { AnswerCache, FoundAnswer } from "../../cache/answers.ts";
import { type Answer, type AnswerPart, piecesOf } from "../../domain/completions/answer.ts";
import type { CachePolicy } from "../../domain/executions/cache-control.ts";
import { AppError } from "../../domain/errors.ts";
import type { CachedFrom } from "../../domain/executions/execution.ts";
import { type Frame, fromFrameError } from "../../domain/completions/flight-frame.ts";
import type { CallModel, Calling } from "./call-model.ts";
import type { Flights } from "./flights.ts";
import type { Candidate } from "./route-model.ts";

/** An answer under way: where it comes from, who gives it, and its parts. Nothing has been seen of it that cannot be taken back. */
export interface Obtained {
  cached: CachedFrom | null;
  /** How old a stored answer is, milliseconds. */
  age_ms: number | null;
  /** Stored, older than fresh, and served because the provider fails. */
  stale: boolean;
  candidate: Candidate;
  parts: AsyncIterable<AnswerPart>;
}

/** What is asked. `key` is the cache key, null where no stored or shared answer may be used. */
export interface Asking extends Calling {
  key: string | null;
  policy: CachePolicy;
}

/** Obtains an answer by the cheapest way that is allowed: stored, shared with one who asks the same now, or by a call. Throws AppError where there is none. */
export type ObtainAnswer = (asking: Asking) => Promise<Obtained>;

/** What {@link createObtainAnswer} needs. `fresh_ms` is how long a stored answer counts as fresh. */
export interface ObtainAnswerDeps {
  answers: AnswerCache;
  flights: Flights;
  callModel: CallModel;
  fresh_ms: number;
}

/** How often a follower whose leader was lost boards again. */
const MOST_BOARDINGS = 4;

/** The service: cache → flight → call, and a stale answer where the call fails and the prompt allows it. */
export function createObtainAnswer(deps: ObtainAnswerDeps): ObtainAnswer {
  async function stored({ key, policy, timings }: Asking): Promise<Obtained | undefined> {
    if (key === null || !policy.read) return undefined;
    const hit = await timings.measure("cache", async () => deps.answers.find(key, policy.max_age_ms));
    return hit && replay(hit, false);
  }

  async function shared(asking: Asking): Promise<Obtained> {
    const { key, policy, signal, timings } = asking;
    if (key === null || !policy.read) return called(await deps.callModel(asking));
    for (let boarding = 0; boarding < MOST_BOARDINGS; boarding++) {
      const place = await timings.measure("cache", async () =>
        deps.flights.board(asking.tenant_id, key, policy.max_age_ms, signal),
      );
      if (place.role === "leader") return called(await deps.callModel(asking, place.lead));
      if (place.role === "alone") return called(await deps.callModel(asking));
      const followed = await timings.measure("llm", async () => follow(place.frames, asking.form));
      if (followed === "alone") return called(await deps.callModel(asking));
      if (followed !== "lost") return followed;
    }
    throw new AppError("provider_error", "The calls that this one was waiting for broke off.", { retryable: true });
  }

  return async function obtainAnswer(asking) {
    const hit = await stored(asking);
    if (hit) return hit;
    if (asking.policy.only_if_cached) {
      throw new AppError("timeout", "`Cache-Control: only-if-cached` was asked for, and no stored answer fits.");
    }
    try {
      return await shared(asking);
    } catch (error) {
      const { key, policy } = asking;
      const excusable = error instanceof AppError && error.retryable && key !== null && policy.stale_if_error_ms > 0;
      const old = excusable && (await deps.answers.find(key, deps.fresh_ms + policy.stale_if_error_ms));
      if (!old) throw error;
      return replay(old, old.age_ms > policy.max_age_ms);
    }
  };
}

function called({ candidate, parts }: { candidate: Candidate; parts: AsyncIterable<AnswerPart> }): Obtained {
  return { cached: null, age_ms: null, stale: false, candidate, parts };
}

function replay({ answer, tier, age_ms }: FoundAnswer, stale: boolean): Obtained {
  return { cached: tier, age_ms, stale, candidate: candidateOf(answer), parts: partsOf(answer) };
}

async function* partsOf(answer: Answer): AsyncGenerator<AnswerPart> {
  for (const text of piecesOf(answer.text)) yield { type: "text", text };
  yield { type: "answer", answer };
}

function candidateOf({ provider, model }: Answer): Candidate {
  if (provider === null || model === null) throw new AppError("internal_error", "An answer that nobody gave.");
  return { provider, model };
}

/**
 * Follows a flight. A caller that wants the whole waits for it, and may board anew whenever the leader is lost; one that streams takes what comes as it comes, and
 * once the answer has begun it can only break off.
 */
async function follow(frames: AsyncIterable<Frame>, form: Asking["form"]): Promise<Obtained | "lost" | "alone"> {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await nextFrame(iterator);
  if (first.t === "error") throw fromFrameError(first.error);
  if (first.t !== "open") return first.t === "alone" ? "alone" : "lost";
  const candidate = { provider: first.provider, model: first.model };
  const flight = { cached: "flight" as const, age_ms: null, stale: false, candidate };
  if (form === "stream") return { ...flight, parts: liveParts(iterator) };
  const parts: AnswerPart[] = [];
  let text = "";
  for (;;) {
    const frame = await nextFrame(iterator);
    if (frame.t === "text") text += frame.text;
    else if (frame.t === "error") throw fromFrameError(frame.error);
    else if (frame.t === "answer") {
      parts.push({ type: "text", text }, { type: "answer", answer: { ...frame.answer, text } });
      return { ...flight, parts: each(parts) };
    } else return frame.t === "alone" ? "alone" : "lost";
  }
}

async function* liveParts(frames: AsyncIterator<Frame>): AsyncGenerator<AnswerPart> {
  let text = "";
  for (;;) {
    const frame = await nextFrame(frames);
    if (frame.t === "text") {
      text += frame.text;
      yield { type: "text", text: frame.text };
    } else if (frame.t === "answer") return yield { type: "answer", answer: { ...frame.answer, text } };
    else if (frame.t === "error") throw fromFrameError(frame.error);
    else throw new AppError("provider_error", "The shared call broke off in the middle.", { retryable: true });
  }
}

async function nextFrame(frames: AsyncIterator<Frame>): Promise<Frame> {
  const next = await frames.next();
  return next.done ? { t: "lost" } : next.value;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
