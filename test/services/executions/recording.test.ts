import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Execution, RecordedExecution } from "../../../src/domain/executions/execution.ts";
import { newId } from "../../../src/domain/id.ts";
import { newIdIn } from "../../../src/domain/ledger/shares.ts";
import { createReadExecutions } from "../../../src/services/executions/read-executions.ts";
import { createRecordUsage } from "../../../src/services/usage/record-usage.ts";
import { deferred as deferredWork } from "../../support/tiers.ts";

const NOW = 1_795_000_000_000;
const TIMEOUT_MS = 2_000;
const execution = { id: newId("exe", NOW), output: "hello", attempts: 1 } as Execution;
/** Executions of one share. */
const many = (count: number) => Array.from({ length: count }, () => ({ ...execution, id: newIdIn(0, NOW) }));
const idsOf = (rows: readonly Execution[]) => rows.map(({ id }) => id);

type Write = (rows: readonly Execution[]) => Promise<void>;
const hangs = async () => new Promise<never>(() => undefined);
const refuses = (who: string) => async () => Promise.reject(new Error(`${who} is down`));

/**
 * A recorder whose shards and queue keep what they take. By default all records are on one shard.
 */
function setup(
  faults: {
    write?: Write;
    send?: () => Promise<unknown>;
    byShard?: (rows: readonly Execution[]) => Execution[][];
  } = {},
) {
  const [onShard, onQueue]: [Execution[], Execution[]] = [[], []];
  const [sizes, messages, deferred, lost]: [number[], number[], string[], string[]] = [[], [], [], []];
  const { defer, settle } = deferredWork();
  const record = createRecordUsage({
    now: () => Date.now(),
    executions: {
      byShard: faults.byShard ?? ((rows) => [[...rows]]),
      async recordAll(rows) {
        sizes.push(rows.length);
        await faults.write?.(rows);
        onShard.push(...rows);
      },
    },
    queue: {
      async send({ executions }) {
        await faults.send?.();
        messages.push(executions.length);
        onQueue.push(...executions);
      },
    },
    onDeferred: ({ executions }) => deferred.push(...idsOf(executions)),
    onLost: ({ id }) => lost.push(id),
    timeoutMs: TIMEOUT_MS,
    defer,
    sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  return { onShard, onQueue, sizes, messages, deferred, lost, record, settle };
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the recording of an execution", () => {
  it("writes to the shard and not to the queue", async () => {
    const { onShard, onQueue, record } = setup();
    await record.now(execution);
    expect([onShard, onQueue]).toEqual([[execution], []]);
  });

  it("queues an execution that the shard refuses, and reports it as deferred", async () => {
    const { onShard, onQueue, deferred, record } = setup({ write: refuses("shard") });
    await record.now(execution);
    expect([onShard, onQueue, deferred]).toEqual([[], [execution], [execution.id]]);
  });

  it("leaves a shard that hangs after its bound, and queues the executions in one message", async () => {
    const { onQueue, messages, sizes, record, settle } = setup({ write: hangs });
    const rows = many(40);
    for (const row of rows) record.later(row);
    await vi.advanceTimersByTimeAsync(10 + TIMEOUT_MS);
    expect([idsOf(onQueue), messages, sizes]).toEqual([idsOf(rows), [40], [40]]);
    await vi.runAllTimersAsync();
    await settle();
    expect(onQueue).toHaveLength(40);
  });

  it("queues only the executions of the shard that hangs", async () => {
    const [good, bad] = [many(3), many(2)];
    const isBad = new Set(idsOf(bad));
    const { onShard, onQueue, record } = setup({
      byShard: (rows) => [rows.filter(({ id }) => !isBad.has(id)), rows.filter(({ id }) => isBad.has(id))],
      write: async (rows) => (rows.some(({ id }) => isBad.has(id)) ? hangs() : undefined),
    });
    const recorded = record.all([...good, ...bad]);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    await recorded;
    expect([idsOf(onShard), idsOf(onQueue)]).toEqual([idsOf(good), idsOf(bad)]);
  });

  it("writes executions that end at the same moment together, in bounded batches", async () => {
    const { onShard, sizes, record } = setup();
    for (const row of many(120)) record.later(row);
    expect(onShard).toEqual([]);
    await vi.runAllTimersAsync();
    expect([onShard.length, sizes]).toEqual([120, [50, 50, 20]]);
    record.later(execution);
    await vi.runAllTimersAsync();
    expect(onShard).toHaveLength(121);
  });

  it("folds what an execution did when behind its reply, once, and writes it with the record", async () => {
    let [folds, isDown] = [0, true];
    const fault = async () => (isDown ? Promise.reject(new Error("down")) : undefined);
    const { onShard, record } = setup({ write: fault, send: fault });
    const timeline = () => ({ p: [["load", 0, ++folds]] satisfies [["load", number, number]], a: [] });
    record.later(execution, timeline);
    expect(folds).toBe(0);
    await vi.advanceTimersByTimeAsync(50);
    expect([onShard, folds]).toEqual([[], 1]);
    isDown = false;
    await vi.runAllTimersAsync();
    expect([onShard, folds]).toEqual([[{ ...execution, timeline: { p: [["load", 0, 1]], a: [] } }], 1]);
  });

  it("writes the record of a request although the request that took it along was cut off", async () => {
    let writes = 0;
    // The first write never comes back, nor does anything behind it: its request is gone.
    const { onShard, record } = setup({ write: async () => (writes++ === 0 ? hangs() : undefined), send: hangs });
    const rows = many(2);
    for (const row of rows) record.later(row);
    await vi.advanceTimersByTimeAsync(10);
    expect(onShard).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(idsOf(onShard).toSorted()).toEqual(idsOf(rows).toSorted());
  });

  it("keeps what neither the shard nor the queue took for the next request", async () => {
    let isDown = true;
    const fault = async () => (isDown ? Promise.reject(new Error("down")) : undefined);
    const { onShard, record } = setup({ write: fault, send: fault });
    record.later(execution);
    await vi.runAllTimersAsync();
    expect(onShard).toEqual([]);
    isDown = false;
    const [next] = many(1);
    if (next) record.later(next);
    await vi.runAllTimersAsync();
    expect(idsOf(onShard)).toEqual([next?.id, execution.id]);
  });

  it("drops the oldest of more than 2,000 records that nothing takes, and reports it", async () => {
    const { lost, record } = setup({ write: hangs, send: hangs });
    const rows = many(2_001);
    for (const row of rows) record.later(row);
    expect(lost).toEqual([rows[0]?.id]);
  });

  it("writes the rows beside one that cannot be written, and queues that one", async () => {
    const rows = many(3);
    const write: Write = async (some) => {
      if (some.some(({ id }) => id === rows[1]?.id)) throw new Error("NOT NULL constraint failed");
    };
    const { onShard, onQueue, record } = setup({ write });
    await record.all(rows);
    expect([idsOf(onShard), idsOf(onQueue)]).toEqual([[rows[0]?.id, rows[2]?.id], [rows[1]?.id]]);
  });

  it("asks a shard that is down once for many executions", async () => {
    const { sizes, onQueue, record } = setup({ write: refuses("shard") });
    await record.all(many(120));
    expect([sizes, onQueue.length]).toEqual([[50], 120]);
  });

  it("fails when both the shard and the queue refuse", async () => {
    const { record } = setup({ write: refuses("shard"), send: refuses("queue") });
    await expect(record.now(execution)).rejects.toThrow("queue is down");
    await expect(record.all([execution])).rejects.toThrow("queue is down");
  });
});

describe("the reading of an execution", () => {
  const setup = (foundAt: number, now = NOW) => {
    const waits: number[] = [];
    const find = async () => (waits.length >= foundAt ? ({ id: execution.id } as RecordedExecution) : undefined);
    const executions = { find, setFeedback: async () => true };
    const sleep = async (ms: number) => void waits.push(ms);
    const flushed: string[] = [];
    const flush = async (tenantId: string) => void flushed.push(tenantId);
    return { waits, flushed, read: createReadExecutions({ now: () => now, executions, flush, sleep }) };
  };

  it("first writes what waits of the tenant in this isolate", async () => {
    const { flushed, waits, read } = setup(0);
    await read.get("ten", execution.id);
    expect([flushed, waits]).toEqual([["ten"], []]);
  });

  it("waits briefly for an execution that has just ended, however long it took", async () => {
    for (const now of [NOW + 1, NOW + 301_000]) {
      const { waits, read } = setup(2, now);
      expect(await read.get("ten", execution.id)).toMatchObject({ id: execution.id });
      expect(waits).toHaveLength(2);
    }
  });

  it("waits longer in all than a record waits for others, and no longer than two seconds", async () => {
    const { waits, read } = setup(99, NOW + 1);
    await expect(read.get("ten", execution.id)).rejects.toMatchObject({ code: "not_found" });
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect([waited > 1_500, waited <= 2_000]).toEqual([true, true]);
  });

  it("does not wait for an id that is old, in the future, or malformed", async () => {
    for (const [now, id] of [
      [NOW + 303_000, execution.id],
      [NOW - 60_000, execution.id],
      [NOW, "exe_nonsense"],
    ] as const) {
      const { waits, read } = setup(99, now);
      await expect(read.get("ten", id)).rejects.toMatchObject({ code: "not_found" });
      expect(waits).toEqual([]);
    }
  });
});
