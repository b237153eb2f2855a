import { AppError, invalid } from "../domain/errors.ts";
import type { Execution } from "../domain/execution.ts";
import { type FrameError, fromFrameError, toFrameError } from "../domain/flight-frame.ts";
import { newId } from "../domain/id.ts";
import type { IdempotencyClaim, IdempotencyVerdict } from "../domain/idempotency.ts";
import { piecesOf } from "../domain/answer.ts";
import { sha256Hex } from "../lib/hash.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { Clock } from "./clock.ts";
import type { ExecutePrompt } from "./execute-prompt.ts";
import type { ExecuteRequest } from "./execute-request.ts";
import {
  type Executed,
  ExecutionFailed,
  type ExecutionEvent,
  type ExecutionStream,
  type Served,
} from "./execute-result.ts";
import type { Timings } from "./timings.ts";

/** What this needs of the object of one idempotency key. `replay` comes with the stored result. */
export interface IdempotencyObject {
  claim(
    wanted: IdempotencyClaim,
  ): Promise<Exclude<IdempotencyVerdict, { kind: "replay" }> | { kind: "replay"; result: string }>;
  settle(token: number, status: "done" | "failed", result: string): Promise<boolean>;
  release(token: number): Promise<void>;
}

/** A result with the word whether it was given before. */
export type Once<T> = T & { replayed: boolean };

/**
 * Executes at most once for each idempotency key of a tenant. The same key and request give the first result again for a day, whole or streamed, its failures included;
 * an attempt that failed before anything was spent gives the key free. Throws `conflict` while the first one runs, `validation_error` where the key was used otherwise.
 */
export interface ExecuteOnce {
  run(key: string, request: ExecuteRequest, timings: Timings): Promise<Once<Executed>>;
  stream(key: string, request: ExecuteRequest, timings: Timings): Promise<Once<ExecutionStream>>;
}

/** What {@link createExecuteOnce} needs. */
export interface ExecuteOnceDeps extends Clock {
  execute: ExecutePrompt;
  objectOf(tenantId: string, key: string): IdempotencyObject;
  /** A recorded execution: what a worker that vanished may have left. */
  find(tenantId: string, id: string): Promise<Execution | undefined>;
  executionTimeoutMs: number;
}

/** What is stored: the execution as it was recorded, and the error where it failed. */
interface Result {
  execution: Execution;
  error?: FrameError;
}

/** A claim that was granted. */
interface Grant {
  object: IdempotencyObject;
  token: number;
  request: ExecuteRequest;
}

/** Keys as the draft of the header field has them (draft-ietf-httpapi-idempotency-key-header): visible ASCII, and a bound. */
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Time beyond the execution's own limit after which its worker is taken for gone. Milliseconds. */
const LEASE_MARGIN_MS = 15_000;
/** Failures before which nothing was spent: the same key may try again. */
const NOTHING_SPENT = new Set(["rate_limit_error", "provider_overloaded", "budget_exceeded"]);
const REPLAYED: Served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] };

/** The service over the objects. */
export function createExecuteOnce(deps: ExecuteOnceDeps): ExecuteOnce {
  /** A grant to do the work, or the result that there is already. */
  async function begin(key: string, form: "whole" | "stream", request: ExecuteRequest): Promise<Grant | Result> {
    if (!KEY.test(key)) {
      throw invalid([{ path: "idempotency-key", message: "must be 1 to 255 visible ASCII characters" }]);
    }
    const { tenant_id, key_id: _who, id: _id, ...asked } = request;
    const object = deps.objectOf(tenant_id, key);
    const verdict = await object.claim({
      fingerprint: await sha256Hex(stableJson({ ...asked, form })),
      execution_id: newId("exe", deps.now()),
      lease_ms: (request.timeout_ms ?? deps.executionTimeoutMs) + LEASE_MARGIN_MS,
    });
    if (verdict.kind === "replay") return JSON.parse(verdict.result) as Result;
    if (verdict.kind === "busy") {
      throw new AppError("conflict", "The first request with this idempotency key is still running.", {
        retryable: true,
        retryAfterMs: verdict.retry_after_ms,
      });
    }
    if (verdict.kind === "mismatch") {
      throw invalid([{ path: "idempotency-key", message: "was used before for another request" }]);
    }
    const grant = { object, token: verdict.token, request: { ...request, id: verdict.execution_id } };
    const left = verdict.kind === "unknown" && (await deps.find(tenant_id, verdict.execution_id));
    return left ? settle(grant, { execution: left, error: errorOf(left) }) : grant;
  }

  async function settle({ object, token }: Grant, result: Result): Promise<Result> {
    await object.settle(token, result.error ? "failed" : "done", JSON.stringify(result));
    return result;
  }

  /** Ends a grant with a failure, and gives the failure back to be thrown. */
  async function fail(grant: Grant, error: unknown): Promise<unknown> {
    const spent = error instanceof ExecutionFailed && !NOTHING_SPENT.has(error.error.code);
    if (spent) await settle(grant, { execution: error.execution, error: toFrameError(error.error) });
    else await grant.object.release(grant.token);
    return error;
  }

  async function* settled(grant: Grant, events: AsyncIterable<ExecutionEvent>): AsyncGenerator<ExecutionEvent> {
    for await (const event of events) {
      // The end is stored before it is told: a client that has seen it will be told the same again.
      if (event.type === "done") await settle(grant, { execution: event.execution });
      if (event.type === "error") await fail(grant, new ExecutionFailed(event.error, event.execution));
      yield event;
    }
  }

  return {
    async run(key, request, timings) {
      const begun = await begin(key, "whole", request);
      if ("execution" in begun) return { execution: orThrow(begun), served: REPLAYED, replayed: true };
      try {
        const executed = await deps.execute.run(begun.request, timings);
        await settle(begun, { execution: executed.execution });
        return { ...executed, replayed: false };
      } catch (error) {
        throw await fail(begun, error);
      }
    },

    async stream(key, request, timings) {
      const begun = await begin(key, "stream", request);
      if ("execution" in begun) return replay(begun);
      try {
        const stream = await deps.execute.stream(begun.request, timings);
        return { ...stream, events: settled(begun, stream.events), replayed: false };
      } catch (error) {
        throw await fail(begun, error);
      }
    },
  };
}

function orThrow({ execution, error }: Result): Execution {
  if (error) throw new ExecutionFailed(fromFrameError(error), execution, true);
  return execution;
}

/** A stored result as a stream. One that had failed before its first text fails as it did then, as a problem. */
function replay(result: Result): Once<ExecutionStream> {
  const { execution, error } = result;
  if (error && !execution.output) orThrow(result);
  async function* events(): AsyncGenerator<ExecutionEvent> {
    for (const text of piecesOf(execution.output ?? "")) yield { type: "delta", text };
    yield error ? { type: "error", error: fromFrameError(error), execution } : { type: "done", execution };
  }
  return {
    id: execution.id,
    prompt: { name: execution.prompt_name, version: execution.prompt_version, label: execution.prompt_label },
    model: execution.model ?? "",
    attempts: execution.attempts,
    served: REPLAYED,
    events: events(),
    replayed: true,
  };
}

function errorOf({ error }: Execution): FrameError | undefined {
  return error ? { ...error, retryable: false } : undefined;
}
