import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import type { Intent, IntentBlock } from "../../../src/domain/executions/intent.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/entry.ts";
import { newIdIn } from "../../../src/domain/ledger/shares.ts";
import { IntentLog } from "../../../src/services/usage/intent-log.ts";
import { createRecordUsage } from "../../../src/services/usage/record-usage.ts";
import { deferred } from "../../support/tiers.ts";

const NOW = 1_795_000_000_000;
const SHARE = 3;

/** An execution that ended. */
function ended(fields: Partial<Execution> = {}): Execution {
  const of = { tenant_id: "ten", key_id: "key", prompt_name: "p", prompt_version: 1, status: "succeeded" };
  const counts = { prompt_tokens: 1, completion_tokens: 1, attempts: 1, latency_ms: 1, cached: null };
  return { id: newIdIn(SHARE, NOW), output: "hi", created_at: Date.now(), ...of, ...counts, ...fields } as Execution;
}

type Intend = (block: IntentBlock, ended: readonly LedgerEntry[]) => Promise<"recorded" | void>;

/**
 * The recorder and the intents of an isolate over a ledger that takes what `intend` lets it. `calls`
 * has the ids of intents and of records of each call, `written` those of records that were written
 * by themselves, and `asleep` counts the requests that wait.
 */
function setup(intend: Intend = async () => "recorded") {
  const [calls, written, events]: [{ share: number; intents: string[]; records: string[] }[], string[], string[]] = [
    [],
    [],
    [],
  ];
  const { defer } = deferred();
  let asleep = 0;
  const common = {
    now: () => Date.now(),
    defer,
    async sleep(ms: number) {
      asleep += 1;
      await new Promise<void>((resolve) => setTimeout(resolve, ms));
      asleep -= 1;
    },
    queue: { send: async () => undefined },
  };
  const record = createRecordUsage({
    ...common,
    executions: {
      byShard: (rows) => [[...rows]],
      recordAll: async (rows) => void written.push(...rows.map(({ id }) => id)),
    },
    onDeferred: () => undefined,
    onLost: () => undefined,
    timeoutMs: 2_000,
  });
  const log = new IntentLog({
    ...common,
    ledgerOf: (_tenant, share) => ({
      async intend(block, entries = []) {
        calls.push({ share, intents: block.intents.map(({ id }) => id), records: entries.map(({ id }) => id) });
        return intend(block, entries);
      },
    }),
    waiting: record.waiting,
    onFault: (event) => events.push(event),
    marginMs: 60_000,
  });
  /** Begins an execution of a tenant, and returns when its intent is durable. */
  const begin = async (tenantId = "ten", share = SHARE) => {
    const intent = { id: newIdIn(share, Date.now()), started_at: Date.now() } as Intent;
    await log.append(tenantId, intent, Date.now() + 30_000);
  };
  /** Ends an execution just before, so that the next ones are frequent. */
  const warmUp = async () => {
    record.later(ended());
    await vi.advanceTimersByTimeAsync(10);
    written.length = 0;
  };
  return { record, calls, written, events, begin, warmUp, asleep: () => asleep };
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the record of an execution that ended", () => {
  it("travels with the intents of the tenant's next execution, and is not written again", async () => {
    const { record, calls, written, begin, warmUp } = setup();
    await warmUp();
    const rows = [ended(), ended()];
    for (const row of rows) record.later(row);
    await vi.advanceTimersByTimeAsync(500);
    await begin();
    await vi.runAllTimersAsync();
    expect(calls).toMatchObject([{ share: SHARE, records: rows.map(({ id }) => id) }]);
    expect(written).toEqual([]);
    await begin();
    expect(calls[1]?.records).toEqual([]);
  });

  it("lets its request end soon after it has travelled", async () => {
    const { record, begin, warmUp, asleep } = setup();
    await warmUp();
    await vi.advanceTimersByTimeAsync(1_000);
    record.later(ended());
    await begin();
    expect(asleep()).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(asleep()).toBe(0);
  });

  it("is written by itself after a second without intents", async () => {
    const { record, written, warmUp } = setup();
    await warmUp();
    const row = ended();
    record.later(row);
    await vi.advanceTimersByTimeAsync(999);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(written).toEqual([row.id]);
  });

  it("is written after ten milliseconds where the tenant's executions are rare", async () => {
    const { record, written, warmUp } = setup();
    await warmUp();
    await vi.advanceTimersByTimeAsync(2_000);
    const row = ended();
    record.later(row);
    await vi.advanceTimersByTimeAsync(10);
    expect(written).toEqual([row.id]);
  });

  it("is written after ten milliseconds where it has no intent, which an answer from a cache has not", async () => {
    const { record, written, warmUp } = setup();
    await warmUp();
    const row = ended({ cached: "memory", attempts: 0 });
    record.later(row);
    await vi.advanceTimersByTimeAsync(10);
    expect(written).toEqual([row.id]);
  });

  it("waits for nobody once as many wait as one write has, by count or size", async () => {
    for (const rows of [Array.from({ length: 50 }, () => ended()), [ended({ output: "x".repeat(99_500) })]]) {
      const { record, written, warmUp } = setup();
      await warmUp();
      for (const row of rows) record.later(row);
      await vi.advanceTimersByTimeAsync(10);
      expect(written).toHaveLength(rows.length);
    }
  });

  it("is written after ten milliseconds where the platform may end its request, whose client left, before", async () => {
    const { record, written, warmUp } = setup();
    await warmUp();
    const row = ended({ created_at: Date.now() - 29_000 });
    record.later(row);
    await vi.advanceTimersByTimeAsync(10);
    expect(written).toEqual([row.id]);
  });

  it("waits for nobody where those of 500 other tenants wait", async () => {
    const { record, written } = setup();
    const endAll = async () => {
      for (let at = 0; at < 600; at += 1) record.later(ended({ tenant_id: `ten_${at}` }));
      await vi.advanceTimersByTimeAsync(10);
    };
    await endAll();
    expect(written.splice(0)).toHaveLength(600);
    await endAll();
    expect(written).toHaveLength(100);
    await vi.advanceTimersByTimeAsync(990);
    expect(written).toHaveLength(600);
  });

  it("does not travel with the intents of another tenant or share", async () => {
    const { record, calls, written, begin, warmUp } = setup();
    await warmUp();
    const row = ended();
    record.later(row);
    await begin("another");
    await begin("ten", SHARE + 1);
    await vi.runAllTimersAsync();
    expect(calls.map(({ records }) => records)).toEqual([[], []]);
    expect(written).toEqual([row.id]);
  });

  it("costs the intents no time: few characters travel, and none of a day before", async () => {
    const { record, calls, written, begin, warmUp } = setup();
    await warmUp();
    const large = [ended({ output: "x".repeat(60_000) }), ended({ output: "x".repeat(60_000) })];
    const huge = ended({ tool_calls: [{ id: "c", name: "t", arguments: "x".repeat(200_000) }] });
    const old = ended({ created_at: NOW - 86_400_000 });
    for (const row of [old, huge, ...large]) record.later(row);
    await begin();
    expect(calls[0]?.records).toEqual([large[0]?.id]);
    await vi.runAllTimersAsync();
    expect(new Set(written)).toEqual(new Set([old.id, huge.id, large[1]?.id]));
  });

  it.each<[string, Intend]>([
    ["fails", async () => Promise.reject(new Error("down"))],
    ["does not answer", async () => new Promise(() => undefined)],
    ["reaches an object of an older version", async () => undefined],
  ])("is written by itself where the call with intents %s", async (_fault, intend) => {
    const { record, calls, written, begin, warmUp } = setup(intend);
    await warmUp();
    const row = ended();
    record.later(row);
    const began = begin();
    await vi.advanceTimersByTimeAsync(3_000);
    await began;
    expect(calls[0]?.records).toEqual([row.id]);
    expect(written).toEqual([row.id]);
  });

  it("is written by its own request where the one that took it along was cut off", async () => {
    const { record, written, warmUp } = setup();
    await warmUp();
    const row = ended();
    record.later(row);
    expect(record.waiting.takeAlong("ten", SHARE).entries).toMatchObject([{ id: row.id }]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(written).toEqual([row.id]);
  });

  it("does not keep intents away with a fault of its own", async () => {
    const unfit = async (_block: IntentBlock, entries: readonly LedgerEntry[]) => {
      if (entries.length > 0) throw new Error("NOT NULL constraint failed");
    };
    const { record, calls, written, events, begin, warmUp } = setup(unfit);
    await warmUp();
    const [row, unusable] = [ended(), ended({ prompt_version: NaN })];
    for (const each of [unusable, row]) record.later(each);
    await begin();
    expect(calls.map(({ share, records }) => [share, records])).toEqual([
      [SHARE, [row.id]],
      [SHARE, []],
    ]);
    expect(events).toEqual([]);
    await vi.runAllTimersAsync();
    expect(new Set(written)).toEqual(new Set([row.id, unusable.id]));
  });

  it("is written before a read of its tenant in the same isolate", async () => {
    const { record, written, warmUp } = setup();
    await warmUp();
    const rows = [ended(), ended()];
    for (const row of [...rows, ended({ tenant_id: "another" })]) record.later(row);
    await record.flush("ten");
    expect(written).toEqual(rows.map(({ id }) => id));
    await record.flush("ten");
    expect(written).toHaveLength(2);
  });
});
