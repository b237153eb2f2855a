import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { createReadExecutions } from "../../src/services/read-executions.ts";
import { createRecordUsage } from "../../src/services/record-usage.ts";
import type { ExecutionRow } from "../../src/storage/executions.ts";

const NOW = 1_795_000_000_000;
const execution = { id: newId("exe", NOW), output: "hello" } as Execution;

describe("recording", () => {
  const setup = (shardWorks: boolean, queueWorks: boolean) => {
    const written: string[] = [];
    const take = (where: string, works: boolean) => async () => {
      if (!works) throw new Error(`${where} is down`);
      written.push(where);
    };
    const executions = { record: take("shard", shardWorks) };
    const deferred: string[] = [];
    const record = createRecordUsage(executions, { send: take("queue", queueWorks) }, (id) => deferred.push(id));
    return { written, deferred, record };
  };

  it("writes to the shard, and leaves the queue alone", async () => {
    const { written, deferred, record } = setup(true, true);
    await record(execution);
    expect([written, deferred]).toEqual([["shard"], []]);
  });

  it("queues what the shard refuses, and says so", async () => {
    const { written, deferred, record } = setup(false, true);
    await record(execution);
    expect([written, deferred]).toEqual([["queue"], [execution.id]]);
  });

  it("cuts an answer that no row could hold, says so, and cuts nothing else", async () => {
    const rows: Execution[] = [];
    const executions = { record: async (row: Execution) => void rows.push(row) };
    const record = createRecordUsage(executions, { send: async () => undefined }, () => undefined);
    await record({
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

  it("does not pretend when both refuse", async () => {
    await expect(setup(false, false).record(execution)).rejects.toThrow("queue is down");
  });
});

describe("reading back", () => {
  const setup = (foundAt: number, now = NOW) => {
    const waits: number[] = [];
    const find = async () => (waits.length >= foundAt ? ({ id: execution.id } as ExecutionRow) : undefined);
    const executions = { find, setFeedback: async () => true };
    const sleep = async (ms: number) => void waits.push(ms);
    return { waits, read: createReadExecutions({ now: () => now, executions, sleep }) };
  };

  it("waits a moment for an execution that ended just now", async () => {
    const { waits, read } = setup(2);
    expect(await read.get("ten", execution.id)).toMatchObject({ id: execution.id });
    expect(waits).toHaveLength(2);
  });

  it("waits for nothing that is old, in the future, or no id at all", async () => {
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
