import { type AnswerEntry, createAnswerCache } from "../../src/cache/answers.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import type { CachePolicy } from "../../src/domain/executions/cache-control.ts";
import { type Attempt, withAnswer } from "../../src/domain/completions/attempt.ts";
import type { Candidate } from "../../src/domain/completions/candidate.ts";
import type { Completion } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import { openFlightMemory, SharedFlights } from "../../src/domain/completions/shared-flights.ts";
import type { AnswerRequest } from "../../src/services/completions/answer-request.ts";
import { CompletionFailed } from "../../src/services/completions/completion-failed.ts";
import type { CompletionPart, CompletionResult } from "../../src/services/completions/completion-result.ts";
import type { CompletionCall } from "../../src/services/completions/completion-call.ts";
import type { CompletionMaker } from "../../src/services/completions/make-completion.ts";
import { type FlightObject, Flights, type LeaderSocket } from "../../src/services/completions/flights.ts";
import { obtainAnswer } from "../../src/services/completions/obtain-answer.ts";
import { startTimings } from "../../src/domain/executions/timings.ts";
import { deferred, fakeTier } from "./tiers.ts";

/** A day, in ms. */
export const DAY = 86_400_000;
const NOW = 1_795_000_000_000;
/** The model that every call prefers. */
export const PREFERRED = { provider: "openai" as const, model: "gpt-4o-mini" };
/** The candidate after the preferred one. */
export const FALLBACK = { provider: "anthropic" as const, model: "claude-haiku-4-5" };
/** A policy that reads and writes the answer cache. */
export const POLICY: CachePolicy = {
  read: true,
  write: true,
  max_age_ms: DAY,
  only_if_cached: false,
  stale_if_error_ms: 0,
};
/** A retryable failure of the provider. */
export const overloaded = () => new AppError("provider_overloaded", "busy", { retryable: true, retryAfterMs: 2_000 });

/** A single-flight object in memory, over the real flights. Its time stands still. */
function flightObject(): FlightObject {
  const leaders = new Map<number, PromiseWithResolvers<void>>();
  const flights = new SharedFlights({
    now: () => NOW,
    roll: 0,
    memory: openFlightMemory(),
    after: () => () => undefined,
    tellLeader: (token) => leaders.get(token)?.resolve(),
  });
  return {
    async board({ key, max_age_ms, lane }) {
      const boarded = flights.board(key, max_age_ms, lane);
      if (boarded.role !== "leader") return boarded;
      const { token } = boarded;
      const followed = Promise.withResolvers<void>();
      leaders.set(token, followed);
      const socket: LeaderSocket = {
        onFollowed: (run) => void followed.promise.then(() => run(token)),
        begin: () => flights.begin(token),
        async close() {
          // The message takes a turn of the event loop, in which callers board.
          await new Promise((resolve) => setImmediate(resolve));
          flights.finish(token);
        },
      };
      return { role: "leader", socket };
    },
    lead: async (_key, token, frames) => flights.lead(token, frames),
  };
}

/** A model call that the test controls. */
interface Call {
  form: "whole" | "stream";
  /** The candidate that answers. */
  candidate: Pick<typeof PREFERRED | typeof FALLBACK, "provider" | "model">;
  sendText(text: string): void;
  /** `more` is what the answer has beside its text. */
  finish(reason?: "stop" | "length", more?: Partial<Completion>): void;
  fail(error: AppError, isOwn?: boolean): void;
}

/** `obtainAnswer` over fake tiers and flights, with model calls that the test controls. */
export function world() {
  const clock = { now: NOW };
  const calls: Call[] = [];
  const waiting: ((call: Call) => void)[] = [];
  const { defer, settle } = deferred();
  const now = () => clock.now;
  const tiers = { edge: fakeTier("edge", now), kv: fakeTier("kv", now), now, random: () => 0, defer };
  const memory = createMemoryTier<AnswerEntry>({ entries: 10, bytes: 1 << 20 });
  const answers = createAnswerCache({ memory, life: { edgeTtlS: 86_400, kvTtlS: 3_600 }, ...tiers });
  const objects = new Map<string, FlightObject>();
  const faults: unknown[] = [];
  const unreachable = { next: false };
  const flights = new Flights({
    objectOf(name) {
      if (unreachable.next) throw new Error("no such object");
      const known = objects.get(name) ?? flightObject();
      objects.set(name, known);
      return known;
    },
    pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
    defer,
    onFault: (error) => faults.push(error),
  });
  const begin = (call: Call) => {
    calls.push(call);
    waiting.shift()?.(call);
  };
  const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
  const completions: Pick<CompletionMaker, "whole" | "stream"> = {
    async whole(call) {
      return new Promise((resolve, reject) => {
        let text = "";
        const candidate = { ...PREFERRED };
        begin({
          form: "whole",
          candidate,
          sendText: (more) => (text += more),
          finish: (finish_reason = "stop", more = {}) =>
            resolve(resultOf(call, candidate, { text, finish_reason, usage, model: candidate.model, ...more })),
          fail(error, isOwn = false) {
            const attempts: Attempt[] = isOwn ? [] : [{ ...attemptOf(candidate), outcome: "failed", error }];
            reject(new CompletionFailed(error, attempts, null, isOwn));
          },
        });
      });
    },
    async stream(call) {
      const parts: (CompletionPart | AppError)[] = [];
      let text = "";
      let wake: () => void = () => undefined;
      const push = (part: CompletionPart | AppError) => {
        parts.push(part);
        wake();
      };
      async function* read(): AsyncGenerator<CompletionPart> {
        for (;;) {
          const part = parts.shift();
          if (part instanceof AppError) {
            const attempt: Attempt = { ...attemptOf(PREFERRED), outcome: "failed", error: part };
            throw new CompletionFailed(part, [
              withAnswer(attempt, call.input, { text, usage: null, model: PREFERRED.model }),
            ]);
          }
          if (part) yield part;
          else await new Promise<void>((resolve) => (wake = resolve));
          if (part?.type === "result") return;
        }
      }
      begin({
        form: "stream",
        candidate: PREFERRED,
        sendText(more) {
          text += more;
          push({ type: "text", text: more });
        },
        finish(finish_reason = "stop", more = {}) {
          const completion = { text, finish_reason, usage, model: PREFERRED.model, ...more };
          push({ type: "result", result: resultOf(call, PREFERRED, completion) });
        },
        fail: push,
      });
      return { candidate: PREFERRED, attempts: [attemptOf(PREFERRED)], parts: read() };
    },
  };
  const obtain = async ({
    call,
    ...change
  }: Partial<Omit<AnswerRequest, "call">> & { call?: Partial<CompletionCall> } = {}) =>
    obtainAnswer(
      { answers, flights, completions, fresh_ms: DAY },
      {
        execution_id: "exe_1",
        call: {
          tenant_id: "ten",
          lane: "standard",
          candidates: [PREFERRED, FALLBACK],
          input: { messages: [{ role: "user", content: "hi" }], parameters: {} },
          signal: new AbortController().signal,
          ...call,
        },
        form: "whole",
        key: "ten/key",
        policy: POLICY,
        timings: startTimings(() => 0),
        ...change,
      },
    ).catch((thrown: unknown) => {
      throw thrown instanceof CompletionFailed ? thrown.error : thrown;
    });
  /** Resolves with the next call that begins. */
  const nextCall = async () => new Promise<Call>((resolve) => waiting.push(resolve));
  return { clock, calls, faults, unreachable, answers, settle, obtain, nextCall };
}

function attemptOf(candidate: Candidate): Attempt {
  return {
    candidate,
    key: "main",
    started_at: NOW,
    first_token_at: null,
    ended_at: NOW,
    outcome: "answered",
    usage: null,
    usage_estimated: false,
    cost: null,
    limits: {},
  };
}

function resultOf(call: CompletionCall, candidate: Candidate, completion: Completion): CompletionResult {
  return { candidate, completion, attempts: [withAnswer(attemptOf(candidate), call.input, completion)] };
}
