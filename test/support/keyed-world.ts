import { AppError } from "../../src/domain/errors.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { ExecutionIds } from "../../src/services/executions/execution-ids.ts";
import { createExecuteOnce } from "../../src/services/executions/execute-once.ts";
import type { ExecutePrompt, ExecutionOwner } from "../../src/services/executions/execute-prompt.ts";
import { ExecutionFailed, type ExecutionEvent } from "../../src/services/executions/execute-result.ts";
import { intentOf } from "./intent.ts";
import { type Loss, lossy, openKeys } from "./key-objects.ts";
import { KEYED_REQUEST } from "./keyed-request.ts";

/** A request of which one execution is made. */
export const request: ExecutionRequest = { ...KEYED_REQUEST, variables: { b: 1, a: 2 } };
const served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] } as const;

const FAILED = { code: "provider_error", detail: "broken" } as const;

/** The record of an execution that ended. */
export function executionOf(id: string, created_at = 0, isFailed = false): Execution {
  const of = { id, created_at, output: "hello", attempts: 1, prompt_name: "p", prompt_version: 3 };
  return { ...of, status: isFailed ? "failed" : "succeeded", error: isFailed ? FAILED : null } as Execution;
}

/**
 * Executions under idempotency keys, over objects in memory whose calls may be lost, and a worker
 * that may fail, stall or vanish. `timeoutMs` is how long an execution may take.
 */
export function keyedWorld({ timeoutMs = 30_000 } = {}) {
  const clock = { now: 1_795_000_000_000 };
  const ids: string[] = [];
  const limits: Array<number | undefined> = [];
  const recorded = new Map<string, Execution>();
  const lost = new Map<string, Loss[]>();
  /** What becomes of the next calls of a name; the last entry holds for all that follow. */
  const lose = (call: string) => {
    const of = lost.get(call) ?? [];
    return of.length > 1 ? of.shift() : of[0];
  };
  const never = async () => new Promise<never>(() => undefined);
  const behaviour = {
    thrown: undefined as Error | undefined,
    vanishes: "never" as "never" | "early" | "calling",
    stalls: undefined as Promise<void> | undefined,
    /** Pieces of a stream that are relayed; each is taken out when it is asked for. */
    relayed: [] as string[],
  };
  const executeAs = async (id: string, { record, start }: ExecutionOwner) => {
    ids.push(id);
    const startedAt = clock.now;
    if (behaviour.thrown instanceof AppError) throw behaviour.thrown;
    if (behaviour.vanishes === "early") return never();
    await behaviour.stalls;
    await start?.(intentOf(id, startedAt));
    if (behaviour.vanishes === "calling") return never();
    const execution = executionOf(id, clock.now, behaviour.thrown !== undefined);
    await record?.(execution);
    if (behaviour.thrown instanceof ExecutionFailed) {
      const { error, unspent } = behaviour.thrown;
      throw new ExecutionFailed(error, execution, { unspent });
    }
    return execution;
  };
  const execute: ExecutePrompt = {
    async run({ id = "", options }, _timings, owner = {}) {
      limits.push(options.timeout_ms);
      return { execution: await executeAs(id, owner), served };
    },
    async stream({ id = "" }, _timings, owner = {}) {
      async function* events(): AsyncGenerator<ExecutionEvent> {
        for (let text = behaviour.relayed.shift(); text !== undefined; text = behaviour.relayed.shift()) {
          yield { type: "relayed", text };
        }
        yield { type: "text", text: "hel" };
        yield { type: "text", text: "lo" };
        yield { type: "done", execution: await executeAs(id, owner) };
      }
      const prompt = { name: "p", version: 3, label: null };
      return { id, prompt, model: "m", attempts: 1, served, events: events(), leave: () => undefined };
    },
  };
  const { keys, faults, sleep, statusOf } = openKeys(clock, lose);
  const once = createExecuteOnce({
    execute,
    now: () => clock.now,
    keys,
    ids: new ExecutionIds({ now: () => clock.now, random: () => 0, isLarge: () => false }),
    find: async (_tenant, id) => lossy("find", lose("find"), () => recorded.get(id)),
    record: async (execution) =>
      lossy("record", lose("record"), () => {
        const first = recorded.get(execution.id);
        if (!first || first.status === "unknown") recorded.set(execution.id, execution);
      }),
    sleep,
    onFault: (event) => faults.push(event),
    timeLimit: async () => timeoutMs,
  });
  return { clock, ids, limits, recorded, lost, behaviour, faults, once, statusOf: () => statusOf("ten", "k") };
}
