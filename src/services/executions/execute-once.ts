import { saidIn } from "../../domain/completions/answer.ts";
import { fromFrameError, toFrameError } from "../../domain/completions/flight-frame.ts";
import { mayEndStream } from "../../domain/completions/relay.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { earlierIdentity, type ExecutionRequest, requestIdentity } from "../../domain/executions/execution-options.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import type { ExecutePrompt, ExecutionOwner } from "./execute-prompt.ts";
import type { ExecutionIds } from "./execution-ids.ts";
import {
  type ExecutedPrompt,
  ExecutionFailed,
  type ExecutionEvent,
  type ExecutionStream,
  type Served,
} from "./execute-result.ts";
import type { IdempotencyKeys } from "./idempotency-keys.ts";
import { KeyedWork, type KeyedWorkDeps, recordedResult, type StoredResult } from "./keyed-work.ts";

/** A result, and whether it was given before. */
export type Once<T> = T & { replayed: boolean };

/**
 * Executes at most once for each idempotency key of a tenant. The same key and request give the
 * first result again for a day, whole or streamed, a failure included. A passing failure frees the
 * key if it is certain that nothing was spent. Throws `conflict` while the first execution runs,
 * `validation_error` where the key was used for another request, and a 503 where the key or its
 * result cannot be read.
 */
export interface ExecuteOnce {
  run(key: string, request: ExecutionRequest, timings: Timings): Promise<Once<ExecutedPrompt>>;
  stream(key: string, request: ExecutionRequest, timings: Timings): Promise<Once<ExecutionStream>>;
}

/** What {@link createExecuteOnce} needs. */
export interface ExecuteOnceDeps extends KeyedWorkDeps {
  execute: ExecutePrompt;
  ids: Pick<ExecutionIds, "next">;
  keys: IdempotencyKeys;
  /** How long an execution may take, in ms. */
  timeLimit(request: ExecutionRequest): Promise<number>;
  onFault(event: string, error: unknown, ids: Record<string, string>): void;
}

/**
 * How long after the execution's own limit its worker counts as gone, in ms. Recording and settling
 * must fit in.
 */
const LEASE_MARGIN_MS = 15_000;
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
  if (!(begun instanceof KeyedWork)) return replayWhole(begun);
  let executed: ExecutedPrompt;
  try {
    executed = await deps.execute.run(begun.request, timings, ownerOf(begun));
  } catch (error) {
    return replayWhole(await begun.fail(error));
  }
  // This is no part of the `try`: the execution is paid and recorded, whatever happens to its key.
  const kept = await begun.end({ execution: executed.execution });
  return kept.execution === executed.execution ? { ...executed, replayed: false } : replayWhole(kept);
}

async function streamOnce(
  deps: ExecuteOnceDeps,
  key: string,
  request: ExecutionRequest,
  timings: Timings,
): Promise<Once<ExecutionStream>> {
  const begun = await begin(deps, key, "stream", request);
  if (!(begun instanceof KeyedWork)) return replayStream(begun);
  let stream: ExecutionStream;
  try {
    stream = await deps.execute.stream(begun.request, timings, ownerOf(begun));
  } catch (error) {
    return replayStream(await begun.fail(error));
  }
  // A client that has left may come again with its key, and then it gets the whole answer.
  const leave = () => undefined;
  return { ...stream, events: settledBy(deps, begun, stream.events), leave, replayed: false };
}

/** The work, granted to this caller, or the result that exists already. */
async function begin(
  deps: ExecuteOnceDeps,
  key: string,
  form: "whole" | "stream",
  request: ExecutionRequest,
): Promise<KeyedWork | StoredResult> {
  const { tenant_id } = request;
  const timeout_ms = await deps.timeLimit(request);
  const begun = await deps.keys.begin({
    tenant_id,
    key,
    request: requestIdentity(request, form),
    earlier: earlierIdentity(request, form),
    id: deps.ids.next(tenant_id),
    lease_ms: timeout_ms + LEASE_MARGIN_MS,
  });
  if ("result" in begun) return recordedResult(deps, tenant_id, JSON.parse(begun.result) as StoredResult);
  // The lease holds for this time, whatever another version of the prompt would allow.
  const work = new KeyedWork(deps, begun, { ...request, options: { ...request.options, timeout_ms } });
  return (await work.leftBehind()) ?? work;
}

/**
 * How an execution tells its keyed work that it is about to spend money, and how it is recorded.
 */
function ownerOf(work: KeyedWork): ExecutionOwner {
  return { record: async (execution) => work.record(execution), start: async (intent) => work.start(intent) };
}

/**
 * Passes a stream on, and settles its end before the client sees it: a client that has seen it gets
 * the same again. What is relayed may contain the end, and then it waits for what follows. Where
 * the end cannot be settled, the client gets it all the same.
 */
async function* settledBy(
  deps: ExecuteOnceDeps,
  work: KeyedWork,
  events: AsyncIterable<ExecutionEvent>,
): AsyncGenerator<ExecutionEvent> {
  const unsettled = (error: unknown) => deps.onFault("idempotency_unsettled", error, { id: work.request.id ?? "" });
  try {
    let held: ExecutionEvent[] = [];
    for await (const event of events) {
      const isEnd = event.type === "done" || event.type === "error";
      if (isEnd) await work.end(endOf(event)).catch(unsettled);
      if (isEnd || event.type === "relayed") {
        yield* held;
        held = [];
      }
      if ((event.type === "relayed" && mayEndStream(event.text)) || held.length > 0) held.push(event);
      else yield event;
    }
  } catch (error) {
    await work.fail(error);
    throw error;
  }
}

function endOf(event: Extract<ExecutionEvent, { execution: Execution }>): StoredResult {
  const { execution } = event;
  // What a stream said before it broke off was paid for, so its key is never released.
  return event.type === "error" ? { execution, error: toFrameError(event.error) } : { execution };
}

function replayWhole(result: StoredResult): Once<ExecutedPrompt> {
  return { execution: orThrow(result), served: REPLAYED, replayed: true };
}

function orThrow({ execution, error }: StoredResult): Execution {
  if (error) throw new ExecutionFailed(fromFrameError(error), execution, { replayed: true });
  return execution;
}

/**
 * A stored result as a stream. A failure before the first text is thrown, as it was the first time.
 */
function replayStream(result: StoredResult): Once<ExecutionStream> {
  const { execution, error } = result;
  if (error && !execution.output && !execution.tool_calls) orThrow(result);
  async function* events(): AsyncGenerator<ExecutionEvent> {
    yield* saidIn({ ...execution, text: execution.output ?? "" });
    yield error ? { type: "error", error: fromFrameError(error), execution } : { type: "done", execution };
  }
  return {
    id: execution.id,
    prompt: { name: execution.prompt_name, version: execution.prompt_version, label: execution.prompt_label },
    model: execution.model ?? "",
    attempts: execution.attempts,
    served: REPLAYED,
    events: events(),
    leave: () => undefined,
    replayed: true,
  };
}
