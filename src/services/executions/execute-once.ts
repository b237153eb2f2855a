import type { Execution } from "../../domain/executions/execution.ts";
import { type FrameError, fromFrameError, toFrameError } from "../../domain/completions/flight-frame.ts";
import { newId } from "../../domain/id.ts";
import { piecesOf } from "../../domain/completions/answer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "./execute-prompt.ts";
import { type ExecutionRequest, requestIdentity } from "../../domain/executions/execution-options.ts";
import {
  type ExecutedPrompt,
  ExecutionFailed,
  type ExecutionEvent,
  type ExecutionStream,
  type Served,
} from "./execute-result.ts";
import type { Grant, IdempotencyKeys } from "./idempotency-keys.ts";
import type { Timings } from "../../domain/executions/timings.ts";

/** A result with the word whether it was given before. */
export type Once<T> = T & { replayed: boolean };

/**
 * Executes at most once for each idempotency key of a tenant. The same key and request give the first result again for a day, whole or streamed, its failures included;
 * an attempt that failed before anything was spent gives the key free. Throws `conflict` while the first one runs, `validation_error` where the key was used otherwise.
 */
export interface ExecuteOnce {
  run(key: string, request: ExecutionRequest, timings: Timings): Promise<Once<ExecutedPrompt>>;
  stream(key: string, request: ExecutionRequest, timings: Timings): Promise<Once<ExecutionStream>>;
}

/** What {@link createExecuteOnce} needs. */
export interface ExecuteOnceDeps extends Clock {
  execute: ExecutePrompt;
  keys: IdempotencyKeys;
  /** A recorded execution: what a worker that vanished may have left. */
  find(tenantId: string, id: string): Promise<Execution | undefined>;
  executionTimeoutMs: number;
}

/** What is stored: the execution as it was recorded, and the error where it failed. */
interface Result {
  execution: Execution;
  error?: FrameError;
}

/** A grant, and the request under its id. */
interface Begun {
  grant: Grant;
  request: ExecutionRequest;
}

/** Time beyond the execution's own limit after which its worker is taken for gone. Milliseconds. */
const LEASE_MARGIN_MS = 15_000;
/** Failures before which nothing was spent: the same key may try again. */
const NOTHING_SPENT = new Set(["rate_limit_error", "provider_overloaded", "budget_exceeded"]);
const REPLAYED: Served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] };

/** The service over the keys. */
export function createExecuteOnce(deps: ExecuteOnceDeps): ExecuteOnce {
  /** A grant to do the work, or the result that there is already. */
  async function begin(key: string, form: "whole" | "stream", request: ExecutionRequest): Promise<Begun | Result> {
    const { tenant_id, options } = request;
    const begun = await deps.keys.begin({
      tenant_id,
      key,
      request: requestIdentity(request, form),
      id: newId("exe", deps.now()),
      lease_ms: (options.timeout_ms ?? deps.executionTimeoutMs) + LEASE_MARGIN_MS,
    });
    if ("result" in begun) return JSON.parse(begun.result) as Result;
    const left = begun.resumed ? await deps.find(tenant_id, begun.id) : undefined;
    if (left) return settle(begun, { execution: left, error: errorOf(left) });
    return { grant: begun, request: { ...request, id: begun.id } };
  }

  async function settle(grant: Grant, result: Result): Promise<Result> {
    await grant.settle(result.error ? "failed" : "done", JSON.stringify(result));
    return result;
  }

  /** Ends a grant with a failure, and gives the failure back to be thrown. */
  async function fail(grant: Grant, error: unknown): Promise<unknown> {
    const spent = error instanceof ExecutionFailed && !NOTHING_SPENT.has(error.error.code);
    if (spent) await settle(grant, { execution: error.execution, error: toFrameError(error.error) });
    else await grant.release();
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
        await settle(begun.grant, { execution: executed.execution });
        return { ...executed, replayed: false };
      } catch (error) {
        throw await fail(begun.grant, error);
      }
    },

    async stream(key, request, timings) {
      const begun = await begin(key, "stream", request);
      if ("execution" in begun) return replay(begun);
      try {
        const stream = await deps.execute.stream(begun.request, timings);
        return { ...stream, events: settled(begun.grant, stream.events), replayed: false };
      } catch (error) {
        throw await fail(begun.grant, error);
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
