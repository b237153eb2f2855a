import type { Completion } from "../../src/domain/completions/completion.ts";
import type { BatchHead } from "../../src/domain/batches/batch-record.ts";
import { priceOf } from "../../src/domain/completions/prices.ts";
import { maxPromptTokens } from "../../src/domain/completions/prompt-bound.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { Execution, RecordedExecution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { importPrompt } from "../../src/domain/prompts/import/import-prompt.ts";
import type { Provider } from "../../src/providers/provider.ts";
import type { BatchDeps, WakeUpQueue } from "../../src/services/batches/batch-deps.ts";
import { handleWakeUp, startInvocation } from "../../src/services/batches/handle-wake-up.ts";
import { callModel } from "../../src/services/completions/call-model.ts";
import { CompletionMaker } from "../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../src/services/completions/token-estimator.ts";
import { ExecutionIds } from "../../src/services/executions/execution-ids.ts";
import { createExecutePrompt } from "../../src/services/executions/execute-prompt.ts";
import { BatchRepository } from "../../src/storage/batches/batches.ts";
import { BatchClaims } from "../../src/storage/batches/claims.ts";
import { GroupLine } from "../../src/storage/batches/group-line.ts";
import type { VersionRow } from "../../src/storage/prompts/prompts.ts";
import { openLocalShards } from "../../load/harness/local-d1.ts";

const MODEL = "gpt-4o-mini";
const MAX_TOKENS = 100;
const LEASE_MS = 30_000;
/** Longer than a lease and than the longest pause of a failed item. */
const LATER_MS = 150_000;
const { definition } = importPrompt("name: t\ntemplate: Say {{ n }}.\n", "yaml", "t");
const messages = [{ role: "user" as const, content: "Say 0." }];
const prompt_tokens = maxPromptTokens({ messages });
const usage = { prompt_tokens, completion_tokens: MAX_TOKENS, total_tokens: prompt_tokens + MAX_TOKENS };
/** What the provider bills for each call, however it ends, in nano-dollars. */
export const BILL = priceOf("openai", MODEL, usage)?.cost_nanousd ?? 0;
export const answer = { text: "yes", finish_reason: "stop" as const, usage, model: MODEL };
export const brokeOff = () => new AppError("provider_error", "The connection broke.", { retryable: true });
export const turnedAway = () => new AppError("provider_overloaded", "busy", { retryable: true, unbilled: true });

const resolve: BatchDeps["resolve"] = async () => ({
  row: { name: "t", version: 1, definition } as VersionRow,
  label: null,
  pointer: { latest_version: 1, labels: {}, cache_epoch: 0 },
  pointer_age_ms: 0,
  degraded: [],
});
const route: BatchDeps["route"] = async () => ({ candidates: [{ provider: "openai", model: MODEL }] });

/** What a test sees: the calls of the provider, and the records. */
interface Seen {
  now: number;
  calls: number;
  rows: Execution[];
  /** How many of the next records nobody takes. */
  unrecordable: number;
  /** When the wake-ups that were sent are due, in seconds. */
  delays: number[];
}

/** The real path from an item's request to the provider, whose answers `respond` makes. */
function openExecutor(seen: Seen, respond: (call: number) => Promise<Completion>) {
  const now = () => seen.now;
  const complete = async () => respond((seen.calls += 1));
  const key = { name: "a", version: 1, secret: "a", weight: 1, rpm: null, tpm: null, max_concurrency: null };
  const completions = new CompletionMaker({
    now,
    sleep: async () => undefined,
    random: () => 0,
    providers: { openai: { complete } as unknown as Provider, anthropic: {} as unknown as Provider },
    keysFor: async () => [key],
    admit: async () => ({ key, send: () => true, end: () => undefined, abort: () => undefined }) as never,
    tokens: new TokenEstimator(),
    times: { connectMs: 2_000, firstByteMs: 1_000, readMs: 60_000 },
  });
  return createExecutePrompt({
    now,
    ids: new ExecutionIds({ now, random: () => 0, isLarge: () => false }),
    random: () => 0,
    obtain: async (asked) => callModel({ completions, answers: { store: () => undefined } }, asked),
    intents: { append: async () => undefined },
    openBudget: async () => Promise.resolve(null),
    record: { now: async () => undefined, later: () => undefined },
    observe: () => undefined,
    keepsContent: () => false,
    resolve,
    route,
    executionTimeoutMs: 30_000,
    fresh_ms: 0,
  });
}

/** The services of batches over real storage and the real path to a provider. */
function openDeps(seen: Seen, respond: (call: number) => Promise<Completion>): BatchDeps {
  const shards = openLocalShards(() => undefined);
  const queue: WakeUpQueue = {
    sendBatch: async (sent) => seen.delays.push(...sent.map(({ delaySeconds }) => delaySeconds)),
  };
  const parts: Partial<BatchDeps> = {
    now: () => seen.now,
    random: () => 0.5,
    newToken: () => newId("exe", seen.now),
    every: () => () => undefined,
    sleep: async () => undefined,
    queues: { high: queue, standard: queue, batch: queue, webhooks: queue },
    batches: new BatchRepository(shards),
    claims: new BatchClaims(shards),
    line: new GroupLine(shards),
    executions: {
      find: async (_tenant, id) => seen.rows.find((row) => row.id === id) as RecordedExecution | undefined,
      findAll: async () => new Map(),
    },
    resolve,
    route,
    execute: openExecutor(seen, respond),
    recordAll: async (rows) => {
      if (seen.unrecordable-- > 0) throw new Error("The shard and the queue are down.");
      seen.rows.push(...rows);
    },
    onError: () => undefined,
    settings: {
      leaseMs: LEASE_MS,
      wakeAfterMs: 300_000,
      itemsAtOnce: 6,
      webhookOrigins: [],
      maxItemBytes: 1_000,
      keptMs: 30 * 86_400_000,
      mostOpenBytes: 1_000_000_000,
    },
  };
  return parts as BatchDeps;
}

/**
 * A batch over real storage and the real path to a provider, whose calls `respond` answers. Its
 * consumers may vanish in the middle of them. `spoil` breaks a part of its services.
 */
export function openPaidBatch(
  respond: (call: number) => Promise<Completion>,
  spoil: (deps: BatchDeps) => void = () => undefined,
) {
  const world: Seen = { now: 1_795_000_000_000, calls: 0, rows: [], unrecordable: 0, delays: [] };
  const deps = openDeps(world, respond);
  spoil(deps);
  const key = { tenant_id: "ten_x", batch_id: newId("bat", world.now) };
  const wake = async () => handleWakeUp(deps, "batch", { type: "group", ...key, group: 0 }, startInvocation(deps));
  return {
    world,
    /** Accepts items, under a limit of so many calls at their worst if there is one. */
    accept: async (items: number, callsAllowed?: number, kind: BatchHead["kind"] = "batch") => {
      const upload = { id: key.batch_id, tenant_id: key.tenant_id, created_at: world.now };
      await deps.batches.begin({ ...upload, key_id: "key_x", kind }, 1e9);
      const rows = Array.from({ length: items }, (_, position) => {
        const execution_id = newId("exe", world.now);
        return { position, group: 0, same_as: null, custom_id: null, variables: '{"n":"0"}', execution_id };
      });
      await deps.batches.add(upload, rows, 0);
      const cache_control = { no_store: false, no_cache: false, only_if_cached: false };
      const request = { prompt: { name: "t" }, parameters: { max_tokens: MAX_TOKENS }, cache_control };
      const max_cost_nanousd = callsAllowed === undefined ? null : callsAllowed * BILL;
      const settings = { lane: "batch" as const, mode: "queue" as const, request, asked: null, max_cost_nanousd };
      await deps.batches.open(upload, { ...settings, webhook_url: null, webhook_secret: null }, world.now);
    },
    /** Somebody else holds the first item for `ms`, and the money of so many calls for it. */
    holdFirst: async (ms: number, calls: number) => {
      const lease = { token: "theirs", now: world.now, until: world.now + ms, limit: 1 };
      await deps.claims.claim({ ...key, group: 0 }, lease);
      await deps.claims.reserve({ ...key, group: 0 }, 0, "theirs", calls * BILL);
    },
    /** The one item of a batch that has one. */
    item: async () => (await deps.batches.items(key.tenant_id, key.batch_id, 0, 1))[0],
    /** Wakes the group once. A queue delivers a wake-up that failed again. */
    wake: async () => {
      await wake().catch(() => undefined);
      world.now += LATER_MS;
    },
    /** Wakes the group again and again, each time after its leases and pauses are over. */
    run: async () => {
      for (let round = 0; round < 60; round++) {
        const record = await deps.batches.find(key.tenant_id, key.batch_id);
        if (record?.ended_at != null) return record;
        // A queue delivers a wake-up that failed again.
        await wake().catch(() => undefined);
        world.now += LATER_MS;
      }
      throw new Error("The batch never ended.");
    },
    /** Begins a run that is never heard of again once it has called the provider. */
    vanish: async () => {
      const before = world.calls;
      void wake();
      for (let turn = 0; turn < 1_000 && world.calls === before; turn++) await new Promise(setImmediate);
      world.now += LATER_MS;
    },
  };
}
