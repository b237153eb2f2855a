import { type AnswerEntry, createAnswerCache } from "../../src/cache/answers.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import type { CachePolicy } from "../../src/domain/executions/cache-control.ts";
import { type Attempt, withAnswer } from "../../src/domain/completions/attempt.ts";
import type { Candidate } from "../../src/domain/completions/candidate.ts";
import type { Completion } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import { FlightRegistry } from "../../src/domain/completions/flight-registry.ts";
import { encodeFrame, watchFrames } from "../../src/domain/completions/flight-frame.ts";
import type { AnswerRequest } from "../../src/services/completions/answer-request.ts";
import { CompletionFailed } from "../../src/services/completions/completion-failed.ts";
import type {
  CompletionCall,
  CompletionMaker,
  CompletionPart,
  CompletionResult,
} from "../../src/services/completions/make-completion.ts";
import { type FlightObject, Flights } from "../../src/services/completions/flights.ts";
import { obtainAnswer } from "../../src/services/completions/obtain-answer.ts";
import { startTimings } from "../../src/domain/executions/timings.ts";
import { deferred, fakeTier } from "./tiers.ts";

/** Milliseconds. */
export const DAY = 86_400_000;
const NOW = 1_795_000_000_000;
const PREFERRED = { provider: "openai" as const, model: "gpt-4o-mini" };
/** The model that stands in for the preferred one. */
export const FALLBACK = { provider: "anthropic" as const, model: "claude-haiku-4-5" };
/** Stored answers may serve, and may be made. */
export const POLICY: CachePolicy = {
  read: true,
  write: true,
  max_age_ms: DAY,
  only_if_cached: false,
  stale_if_error_ms: 0,
};
/** A failure that another may not meet. */
export const overloaded = () => new AppError("provider_overloaded", "busy", { retryable: true, retryAfterMs: 2_000 });

/** The object of a flight as the real one is, without its engine. */
function flightObject(registry: FlightRegistry): FlightObject {
  return {
    async join(key, maxAgeMs) {
      const joined = registry.join(key, NOW, maxAgeMs);
      if (joined.role !== "follower") return joined;
      const { follower } = joined;
      const frames = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const chunk = await follower.next();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => follower.leave(),
      });
      return { role: "follower", frames };
    },
    async lead(key, token, frames) {
      const watch = watchFrames();
      for await (const chunk of frames as unknown as AsyncIterable<Uint8Array>) {
        watch.see(chunk);
        registry.append(key, token, chunk);
      }
      const last = watch.last();
      const kept = last.t === "answer" && last.keep;
      const ended = last.t === "answer" || last.t === "error";
      registry.end(key, token, kept ? "kept" : ended ? "ended" : "lost", NOW, encodeFrame({ t: "lost" }));
    },
  };
}

/** A call in the hands of the test: it answers when told to. */
interface Call {
  form: "whole" | "stream";
  by: Pick<typeof PREFERRED | typeof FALLBACK, "provider" | "model">;
  says(text: string): void;
  ends(finish?: "stop" | "length"): void;
  fails(error: AppError): void;
}

/** The service over fake tiers and flights, and calls in the hands of the test. */
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
  const lost = { next: false };
  const flights = new Flights({
    objectOf(name) {
      if (lost.next) throw new Error("no such object");
      const limits = { waiters: 100, bytes: 10_000, all_bytes: 100_000, lingerMs: 0 };
      const known = objects.get(name) ?? flightObject(new FlightRegistry(limits));
      objects.set(name, known);
      return known;
    },
    pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
    defer,
    onFault: (error) => faults.push(error),
  });
  const began = (call: Call) => {
    calls.push(call);
    waiting.shift()?.(call);
  };
  const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
  const completions: Pick<CompletionMaker, "whole" | "stream"> = {
    async whole(call) {
      return new Promise((resolve, reject) => {
        let text = "";
        const by = { ...PREFERRED };
        began({
          form: "whole",
          by,
          says: (more) => (text += more),
          ends: (finish_reason = "stop") =>
            resolve(resultOf(call, by, { text, finish_reason, usage, model: by.model })),
          fails: (error) => reject(new CompletionFailed(error, [{ ...attemptOf(by), outcome: "failed", error }])),
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
      began({
        form: "stream",
        by: PREFERRED,
        says(more) {
          text += more;
          push({ type: "text", text: more });
        },
        ends(finish_reason = "stop") {
          const completion = { text, finish_reason, usage, model: PREFERRED.model };
          push({ type: "result", result: resultOf(call, PREFERRED, completion) });
        },
        fails: push,
      });
      return { candidate: PREFERRED, attempts: [attemptOf(PREFERRED)], parts: read() };
    },
  };
  const ask = async ({
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
  /** The next call to begin. */
  const nextCall = async () => new Promise<Call>((resolve) => waiting.push(resolve));
  return { clock, calls, faults, lost, answers, settle, ask, nextCall };
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
