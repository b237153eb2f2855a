import { describe, expect, it } from "vitest";
import type { BatchRecord } from "../../../src/domain/batches/batch-record.ts";
import type { BatchWakeUp } from "../../../src/domain/batches/wake-up.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { acceptBatch } from "../../../src/services/batches/accept-batch.ts";
import { acceptExecution } from "../../../src/services/batches/accept-execution.ts";
import {
  acceptBatchOnce,
  acceptExecutionOnce,
  type AcceptOnceDeps,
} from "../../../src/services/batches/accept-once.ts";
import type { BatchDeps } from "../../../src/services/batches/batch-deps.ts";
import type { NewBatch, Upload } from "../../../src/storage/batches/batches.ts";
import type { VersionRow } from "../../../src/storage/prompts/prompts.ts";
import { type Loss, lossy, openKeys, randomOf } from "../../support/key-objects.ts";

const { definition } = importPrompt("name: t\ntemplate: Say {{ n }}.\nvariables: {n: {type: number}}\n", "yaml", "t");
const caller = { tenant_id: "ten", key_id: "key" };
const options = { prompt: { name: "t" } } as ExecutionRequest["options"];

/** A shard with batches, in memory. `lost` says what becomes of the next calls of a name. */
function world(crash: () => Promise<void> = async () => undefined, loseAny?: () => Loss) {
  const clock = { now: 1_795_000_000_000 };
  const lost = new Map<string, Loss[]>();
  const lose = (call: string) => {
    if (loseAny) return loseAny();
    const of = lost.get(call) ?? [];
    return of.length > 1 ? of.shift() : of[0];
  };
  const rows = new Map<string, { state: "uploading" | "open"; created_at: number }>();
  const isUploading = (id: string, createdAt?: number) => {
    const row = rows.get(id);
    return row?.state === "uploading" && (createdAt === undefined || row.created_at === createdAt);
  };
  const sent: BatchWakeUp[] = [];
  const ask = async <T>(call: string, work: () => T) => lossy(call, lose(call), work);
  const batches = {
    begin: async ({ id, created_at }: NewBatch) =>
      ask("begin", () => {
        if (rows.has(id)) throw new Error("UNIQUE constraint failed: batches.id");
        rows.set(id, { state: "uploading", created_at });
        return true;
      }),
    add: async () => ask("add", () => 0),
    async open({ id, created_at, tenant_id }: Upload) {
      await crash();
      await ask("open", () => {
        if (!isUploading(id, created_at)) throw new Error("an upload was swept or given up before it ended");
        rows.set(id, { state: "open", created_at });
      });
      await crash();
      return [{ tenant_id, batch_id: id, group: 0 }];
    },
    abandon: async (_tenant: string, id: string, createdAt?: number) =>
      ask("abandon", () => {
        if (isUploading(id, createdAt)) rows.delete(id);
      }),
    find: async (_tenant: string, id: string) =>
      ask("find", () => (rows.get(id)?.state === "open" ? ({ ...rows.get(id), id } as BatchRecord) : undefined)),
  };
  const { keys, sleep, statusOf } = openKeys(clock, lose);
  const queue = {
    sendBatch: async (messages: Array<{ body: BatchWakeUp }>) => sent.push(...messages.map((m) => m.body)),
  };
  const deps = {
    now: () => clock.now,
    random: () => 0.5,
    sleep,
    batches,
    keys,
    queues: { high: queue, standard: queue, batch: queue },
    resolve: async () => ({ row: { name: "t", version: 1, definition } as VersionRow }),
    onError: () => undefined,
    tenants: { find: async () => ({ wrapped_data_key: "" }) },
    vault: { sealBytes: async () => "" },
    settings: { maxItemBytes: 10_000, wakeAfterMs: 300_000, webhookOrigins: [], mostOpenBytes: 1e9 },
  } as unknown as BatchDeps;
  const once: AcceptOnceDeps = {
    ...deps,
    acceptBatch: async (...of) => acceptBatch(deps, ...of),
    acceptExecution: async (...of) => acceptExecution(deps, ...of),
  };
  async function* items() {
    yield '{"variables":{"n":1}}';
    yield '{"variables":{"n":2}}';
  }
  return {
    clock,
    lost,
    sent,
    statusOf: () => statusOf("ten", "k"),
    committed: () => [...rows].filter(([, { state }]) => state === "open").map(([id]) => id),
    acceptUnkeyed: async () => acceptBatch(deps, { ...caller, items: items(), header: { options, mode: "queue" } }),
    accept: {
      batch: async () =>
        (await acceptBatchOnce(once, "k", { ...caller, items: items(), header: { options, mode: "queue" } })).record.id,
      execution: async () =>
        (await acceptExecutionOnce(once, "k", { ...caller, lane: "standard", variables: { n: 1 }, options })).id,
    },
  };
}

describe.each(["batch", "execution"] as const)("an acceptance of one %s under an idempotency key", (kind) => {
  it("is one although every read after its commit fails", async () => {
    const { lost, sent, committed, accept } = world();
    lost.set("find", ["call"]);
    const first = await accept[kind]();
    expect([await accept[kind](), committed(), sent.length]).toEqual([first, [first], 1]);
  });

  it("counts although the reply to its commit is lost", async () => {
    const { lost, sent, committed, accept } = world();
    lost.set("open", ["reply"]);
    const first = await accept[kind]();
    expect([await accept[kind](), committed(), sent.length]).toEqual([first, [first], 1]);
  });

  it("keeps the key where nobody knows whether it was committed, and the next call finds it", async () => {
    const { lost, committed, statusOf, accept } = world();
    lost.set("open", ["reply"]).set("abandon", ["call"]);
    await expect(accept[kind]()).rejects.toMatchObject({ status: 503, retryAfterMs: 1_000 });
    expect(statusOf()).toBe("in_progress");
    lost.clear();
    expect([await accept[kind]()]).toEqual(committed());
  });

  it("frees the key where its commit certainly did not arrive", async () => {
    const { lost, committed, statusOf, accept } = world();
    lost.set("open", ["call", undefined]);
    await expect(accept[kind]()).rejects.toThrow("open was lost");
    expect([statusOf(), committed()]).toEqual([undefined, []]);
    expect([await accept[kind]()]).toEqual(committed());
  });

  it("is told although the key cannot be settled, and the next call finds it by its id", async () => {
    const { clock, lost, sent, committed, accept } = world();
    lost.set("settle", ["call"]);
    const first = await accept[kind]();
    lost.clear();
    clock.now += 15 * 60_000;
    expect([await accept[kind](), committed(), sent.length]).toEqual([first, [first], 1]);
  });

  it("is not made a second time while the shard cannot say what a vanished worker left", async () => {
    const { clock, lost, committed, accept } = world();
    lost.set("settle", ["call"]);
    const first = await accept[kind]();
    clock.now += 15 * 60_000;
    lost.clear();
    lost.set("find", ["call"]);
    await expect(accept[kind]()).rejects.toMatchObject({ status: 503 });
    lost.clear();
    expect([await accept[kind](), committed()]).toEqual([first, [first]]);
  });
});

/**
 * Many callers of one key: calls are lost on either way, workers crash before and after commits.
 */
async function play(seed: number, kind: "batch" | "execution"): Promise<string[]> {
  const random = randomOf(seed);
  const faults = { rate: 0.4 };
  const lose = (): Loss => (random() < faults.rate ? (random() < 0.5 ? "call" : "reply") : undefined);
  const crash = async () => (random() < faults.rate / 4 ? new Promise<void>(() => undefined) : undefined);
  const { clock, committed, accept } = world(crash, lose);
  const told = new Set<string>();
  const ask = async () => accept[kind]().then((id) => void told.add(id));
  const settled = async () => new Promise((resolve) => setImmediate(resolve));
  for (let caller = 0; caller < 10; caller++) {
    void ask().catch(() => undefined);
    if (random() < 0.3) void ask().catch(() => undefined);
    await settled();
    if (random() < 0.5) clock.now += Math.floor(random() * 30 * 60_000);
  }
  faults.rate = 0;
  clock.now += 30 * 60_000;
  await ask();
  const ids = committed();
  return ids.length === 1 && told.size === 1 && told.has(ids[0] ?? "")
    ? []
    : [`seed ${seed}: committed ${ids.join()}, told ${[...told].join()}`];
}

describe("many acceptances under one idempotency key, whose calls are lost and whose workers crash", () => {
  it.each(["batch", "execution"] as const)("commit one %s, and tell its id", async (kind) => {
    const broken: string[] = [];
    for (let seed = 1; seed <= 300; seed++) broken.push(...(await play(seed, kind)));
    expect(broken).toEqual([]);
  });
});

describe("an acceptance without an idempotency key", () => {
  it("is told once it is committed, whatever fails after it", async () => {
    const { lost, committed, acceptUnkeyed } = world();
    lost.set("find", ["call"]);
    const { record } = await acceptUnkeyed();
    expect([record.counts.total, record.state, committed()]).toEqual([2, "open", [record.id]]);
  });
});
