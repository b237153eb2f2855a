import { piecesOf } from "../../domain/completions/answer.ts";
import { type FrameError, fromFrameError, toFrameError } from "../../domain/completions/flight-frame.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { type ExecutionRequest, requestIdentity } from "../../domain/executions/execution-options.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import { newId } from "../../domain/id.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "./execute-prompt.ts";
import {
  type ExecutedPrompt,
  ExecutionFailed,
  type ExecutionEvent,
  type ExecutionStream,
  type Served,
} from "./execute-result.ts";
import type { IdempotencyGrant, IdempotencyKeys } from "./idempotency-keys.ts";

/** A result, and whether it was given before. */
export type Once<T> = T & { replayed: boolean };

/**
 * Executes at most once for each idempotency key of a tenant. The same key and request give the
 * first result again for a day, whole or streamed, a failure included. A failure before anything
 * was spent frees the key. Throws `conflict` while the first execution runs, and
 * `validation_error` where the key was used for another request.
 */
export interface ExecuteOnce {
  run(key: string, request: ExecutionRequest, timings: Timings): Promise<Once<ExecutedPrompt>>;
  stream(key: string, request: ExecutionRequest, timings: Timings): Promise<Once<ExecutionStream>>;
}

/** What {@link createExecuteOnce} needs. */
export interface ExecuteOnceDeps extends Clock {
  execute: ExecutePrompt;
  keys: IdempotencyKeys;
  /** Finds a recorded execution, which a vanished worker may have left. */
  find(tenantId: string, id: string): Promise<Execution | undefined>;
  executionTimeoutMs: number;
}

/** What is stored under a key: the execution as it was recorded, and the error where it failed. */
interface StoredResult {
  execution: Execution;
  error?: FrameError;
}

/** The work of a key, granted to this caller: the request under the granted id. */
interface GrantedWork {
  grant: IdempotencyGrant;
  request: ExecutionRequest;
}

/** How long after the execution's own limit its worker counts as gone, in ms. */
const LEASE_MARGIN_MS = 15_000;
/** Failures before which nothing was spent: the same key may try again. */
const NOTHING_SPENT = new Set(["rate_limit_error", "provider_overloaded", "budget_exceeded"]);
const REPLAYED: Served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] };

/** Both forms of an execution under an idempotency key. */
export function createExecuteOnce(deps: ExecuteOnceDeps): ExecuteOnce {
  return {
    run: async (key, request, timings) => runOnce(deps, key, request, timings),
    stream: async (key, request, timings) => streamOnce(deps, key, request, timings),
  };
}

async function runOnce(
  deps: ExecuteOnceDeps,
  key: string,
  request: ExecutionRequest,
  timings: Timings,
): Promise<Once<ExecutedPrompt>> {
  const begun = await begin(deps, key, "whole", request);
  if ("execution" in begun) return { execution: orThrow(begun), served: REPLAYED, replayed: true };
  try {
    const executed = await deps.execute.run(begun.request, timings);
    await settle(begun.grant, { execution: executed.execution });
    return { ...executed, replayed: false };
  } catch (error) {
    await endFailed(begun.grant, error);
    throw error;
  }
}

async function streamOnce(
  deps: ExecuteOnceDeps,
  key: string,
  request: ExecutionRequest,
  timings: Timings,
): Promise<Once<ExecutionStream>> {
  const begun = await begin(deps, key, "stream", request);
  if ("execution" in begun) return replay(begun);
  try {
    const stream = await deps.execute.stream(begun.request, timings);
    return { ...stream, events: settledBy(begun.grant, stream.events), replayed: false };
  } catch (error) {
    await endFailed(begun.grant, error);
    throw error;
  }
}

/** The work, granted to this caller, or the result that exists already. */
async function begin(
  deps: ExecuteOnceDeps,
  key: string,
  form: "whole" | "stream",
  request: ExecutionRequest,
): Promise<GrantedWork | StoredResult> {
  const { tenant_id, options } = request;
  const begun = await deps.keys.begin({
    tenant_id,
    key,
    request: requestIdentity(request, form),
    id: newId("exe", deps.now()),
    lease_ms: (options.timeout_ms ?? deps.executionTimeoutMs) + LEASE_MARGIN_MS,
  });
  if ("result" in begun) return JSON.parse(begun.result) as StoredResult;
  const left = begun.resumed ? await deps.find(tenant_id, begun.id) : undefined;
  if (left) return settle(begun, { execution: left, error: errorOf(left) });
  return { grant: begun, request: { ...request, id: begun.id } };
}

async function settle(grant: IdempotencyGrant, result: StoredResult): Promise<StoredResult> {
  await grant.settle(result.error ? "failed" : "done", JSON.stringify(result));
  return result;
}

/**
 * Ends a grant with a failure: stored where something may have been spent, else the key is free
 * again.
 */
async function endFailed(grant: IdempotencyGrant, thrown: unknown): Promise<void> {
  const spent = thrown instanceof ExecutionFailed && !NOTHING_SPENT.has(thrown.error.code);
  if (spent) await settle(grant, { execution: thrown.execution, error: toFrameError(thrown.error) });
  else await grant.release();
}

/**
 * Passes a stream on, and stores its end before the client sees it: a client that has seen it gets
 * the same again.
 */
async function* settledBy(
  grant: IdempotencyGrant,
  events: AsyncIterable<ExecutionEvent>,
): AsyncGenerator<ExecutionEvent> {
  for await (const event of events) {
    if (event.type === "done") await settle(grant, { execution: event.execution });
    if (event.type === "error") await endFailed(grant, new ExecutionFailed(event.error, event.execution));
    yield event;
  }
}

function orThrow({ execution, error }: StoredResult): Execution {
  if (error) throw new ExecutionFailed(fromFrameError(error), execution, true);
  return execution;
}

/**
 * A stored result as a stream. A failure before the first text is thrown, as it was the first time.
 */
function replay(result: StoredResult): Once<ExecutionStream> {
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
