import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { BilledCalls } from "../../src/domain/completions/billed-calls.ts";
import { type InsightCell, noCell } from "../../src/domain/ledger/insight-cell.ts";
import { type InsightSubject, MAX_TOTALS, packHourCells } from "../../src/domain/ledger/insight-messages.ts";
import type { LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import { LARGE_LEDGER_SHARES } from "../../src/domain/ledger/shares.ts";
import { ExecutionRepository } from "../../src/storage/executions/executions.ts";
import type { Shards } from "../../src/storage/shards.ts";

const SHARES = { shares: LARGE_LEDGER_SHARES };
/** The hours of four days. */
const HOURS = { from: 0, to: 96 };
const HOUR_LIST = Array.from({ length: HOURS.to }, (_, hour) => hour);
const PROMPTS = Array.from({ length: 20 }, (_, at): InsightSubject => ({ kind: "prompt", name: `prompt-${at}` }));

/** Bytes that are in use once all garbage is gone. */
function bytesInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Objects that give an answer of their own each, and how much is in use at most meanwhile, MB. */
function measured(answer: (share: number) => Partial<LedgerObject>) {
  const before = bytesInUse();
  let [asked, most] = [0, 0];
  const ledgerOf = (_tenant: string, share: number) => {
    if (asked++ % 32 === 0) most = Math.max(most, bytesInUse() - before);
    return answer(share) as LedgerObject;
  };
  const repository = new ExecutionRepository({ ledgerOf, shards: {} as Shards });
  return {
    repository,
    mostMb: () => Math.max(most, bytesInUse() - before) / 1e6,
    asked: () => asked,
  };
}

function cellOf(share: number, hour: number): InsightCell {
  const latencies = new Map(Array.from({ length: 12 }, (_, at) => [at + 12, 1 + ((share + hour) % 90)]));
  return { ...noCell(), executions: 1, cost_nanousd: 1_000_000 + share, latencies };
}

const hoursOf = (share: number) => packHourCells(new Map(HOUR_LIST.map((hour) => [hour, cellOf(share, hour)])));

describe("what an isolate holds at a time of 192 ledger objects", () => {
  const empty = { totals: [], hours: [], bytes: 1, rows_read: 1 };

  it("is little for the hours of the prompts that are examined", async () => {
    const { repository, mostMb, asked } = measured((share) => ({
      insights: async () =>
        Promise.resolve({
          ...empty,
          ...SHARES,
          hours: PROMPTS.map((of) => ({ ...of, cells: hoursOf(share), ratings: [] })),
        }),
    }));
    const { series, rows_read } = await repository.insights("ten", { ...HOURS, subjects: PROMPTS });
    expect(asked()).toBe(LARGE_LEDGER_SHARES);
    expect(rows_read).toBe(LARGE_LEDGER_SHARES);
    expect(series.map(({ cells }) => cells.get(70)?.executions)).toEqual(PROMPTS.map(() => LARGE_LEDGER_SHARES));
    expect(mostMb()).toBeLessThan(12);
  });

  it("is little for the totals of a thousand prompts", async () => {
    const names = Array.from({ length: MAX_TOTALS }, (_, at) => `${"a-prompt-of-a-team/".repeat(2)}${at}`);
    const { repository, mostMb } = measured(() => ({
      insights: async () =>
        Promise.resolve({
          ...empty,
          ...SHARES,
          // As they come from another isolate: no text is shared.
          totals: structuredClone(names.map((name) => ({ kind: "prompt" as const, name, executions: 2 }))),
        }),
    }));
    const { totals } = await repository.insights("ten", HOURS);
    expect(totals.map(({ executions }) => executions)).toEqual(names.map(() => 2 * LARGE_LEDGER_SHARES));
    expect(mostMb()).toBeLessThan(10);
  });

  it("is little for the hours of all executions", async () => {
    const { repository, mostMb } = measured((share) => ({
      insights: async () => Promise.resolve({ ...empty, ...SHARES, whole: hoursOf(share) }),
    }));
    const cells = await repository.allHours("ten", HOURS);
    expect(cells.get(70)?.executions).toBe(LARGE_LEDGER_SHARES);
    expect(mostMb()).toBeLessThan(1);
  });

  it("is little for the calls of each model by the hour", async () => {
    const callsOf = (model: number): BilledCalls[] =>
      HOUR_LIST.map((hour) => ({
        provider: "openai",
        model: `gpt-${model}`,
        hour,
        calls: 1,
        uncounted: 0,
        unpriced: 0,
        lines: (["input", "output"] as const).map((kind) => ({ kind, tokens: 100, nanousd: 1_000 })),
      }));
    const { repository, mostMb } = measured(() => ({
      calls: async () =>
        Promise.resolve({ ...SHARES, calls: [1, 2].flatMap(callsOf), unknown: [{ hour: 7, executions: 1 }] }),
    }));
    const { calls, unknown } = await repository.calls("ten", HOURS);
    expect(calls).toHaveLength(2 * HOUR_LIST.length);
    expect(calls.map((each) => each.calls)).toEqual(calls.map(() => LARGE_LEDGER_SHARES));
    expect(unknown).toEqual([{ hour: 7, executions: LARGE_LEDGER_SHARES }]);
    expect(mostMb()).toBeLessThan(4);
  });
});
