import { describe, expect, it } from "vitest";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { deferred as deferredWork } from "../../support/tiers.ts";
import { newId } from "../../../src/domain/id.ts";
import { createReadExecutions } from "../../../src/services/executions/read-executions.ts";
import { createRecordUsage } from "../../../src/services/usage/record-usage.ts";
import type { RecordedExecution } from "../../../src/domain/executions/execution.ts";

const NOW = 1_795_000_000_000;
const execution = { id: newId("exe", NOW), output: "hello" } as Execution;

describe("the recording of an execution", () => {
  const setup = (shardWorks: boolean, queueWorks: boolean) => {
    const written: string[] = [];
    const writeTo = (where: string, works: boolean) => async () => {
      if (!works) throw new Error(`${where} is down`);
      written.push(where);
    };
    const sizes: number[] = [];
    const recordAll = async (rows: readonly Execution[]) => {
      sizes.push(rows.length);
      await Promise.all(rows.map(writeTo("shard", shardWorks)));
    };
    const deferred: string[] = [];
    const { defer, settle } = deferredWork();
    const record = createRecordUsage({
      executions: { record: writeTo("shard", shardWorks), recordAll },
      queue: { send: writeTo("queue", queueWorks) },
      onDeferred: (id) => deferred.push(id),
      defer,
      sleep: async () => undefined,
    });
    return { written, sizes, deferred, record, settle };
  };

  it("writes to the shard and not to the queue", async () => {
    const { written, deferred, record } = setup(true, true);
    await record.now(execution);
    expect([written, deferred]).toEqual([["shard"], []]);
  });

  it("queues an execution that the shard refuses, and reports it as deferred", async () => {
    const { written, deferred, record } = setup(false, true);
    await record.now(execution);
    expect([written, deferred]).toEqual([["queue"], [execution.id]]);
  });

  it("truncates only an answer that is too long for a row, and marks it", async () => {
    const rows: Execution[] = [];
    const record = createRecordUsage({
      executions: { record: async (row) => void rows.push(row), recordAll: async () => undefined },
      queue: { send: async () => undefined },
      onDeferred: () => undefined,
      defer: () => undefined,
      sleep: async () => undefined,
    });
    await record.now({
      ...execution,
      output: "x".repeat(3_000_000),
      output_json: {},
      prompt_tokens: 7,
      output_truncated: false,
    });
    expect(rows[0]).toMatchObject({ output_truncated: true, prompt_tokens: 7 });
    expect(rows[0]?.output).toHaveLength(400_000);
    expect(rows[0]).not.toHaveProperty("output_json");
  });

  it("writes executions that end at the same moment together, in bounded batches", async () => {
    const { written, sizes, record, settle } = setup(true, true);
    for (let n = 0; n < 120; n++) record.later(execution);
    expect(written).toEqual([]);
    await settle();
    expect([written.length, sizes]).toEqual([120, [50, 50, 20]]);
    record.later(execution);
    await settle();
    expect(written).toHaveLength(121);
  });

  it("writes many executions before it returns, and queues each one that the shard refuses", async () => {
    const good = setup(true, true);
    await good.record.all(Array.from({ length: 60 }, () => execution));
    expect([good.written.length, good.sizes]).toEqual([60, [50, 10]]);
    const bad = setup(false, true);
    await bad.record.all([execution, execution]);
    expect([bad.written, bad.deferred.length]).toEqual([["queue", "queue"], 2]);
    await expect(setup(false, false).record.all([execution])).rejects.toThrow("queue is down");
  });

  it("queues each later execution that the shard refuses", async () => {
    const { written, deferred, record, settle } = setup(false, true);
    for (let n = 0; n < 3; n++) record.later(execution);
    await settle();
    expect([written, deferred.length]).toEqual([["queue", "queue", "queue"], 3]);
  });

  it("fails when both the shard and the queue refuse", async () => {
    await expect(setup(false, false).record.now(execution)).rejects.toThrow("queue is down");
  });
});

describe("the reading of an execution", () => {
  const setup = (foundAt: number, now = NOW) => {
    const waits: number[] = [];
    const find = async () => (waits.length >= foundAt ? ({ id: execution.id } as RecordedExecution) : undefined);
    const executions = { find, setFeedback: async () => true };
    const sleep = async (ms: number) => void waits.push(ms);
    return { waits, read: createReadExecutions({ now: () => now, executions, sleep }) };
  };

  it("waits briefly for an execution that has just ended", async () => {
    const { waits, read } = setup(2);
    expect(await read.get("ten", execution.id)).toMatchObject({ id: execution.id });
    expect(waits).toHaveLength(2);
  });

  it("does not wait for an id that is old, in the future, or malformed", async () => {
    for (const [now, id] of [
      [NOW + 60_000, execution.id],
      [NOW - 60_000, execution.id],
      [NOW, "exe_nonsense"],
    ] as const) {
      const { waits, read } = setup(99, now);
      await expect(read.get("ten", id)).rejects.toMatchObject({ code: "not_found" });
      expect(waits).toEqual([]);
    }
  });
});
