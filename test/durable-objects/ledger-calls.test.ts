import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { toUnknown } from "../../src/domain/executions/intent.ts";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { HOUR_MS, hourOf } from "../../src/domain/ledger/periods.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { intentOf } from "../support/intent.ts";
import { recorded } from "../support/recorded.ts";

const BASE = Date.parse("2026-11-01T00:00:00Z");
const HOURS = 600;
const MODELS = ["gpt-4o-mini", "gpt-6-sol"];

/** An execution that called each model once in its hour. */
function calledAt(ms: number) {
  const of = { provider: "openai" as const, hour: hourOf(ms), calls: 1, uncounted: 0, unpriced: 0 };
  const calls = MODELS.map((model) => ({ ...of, model, lines: [{ kind: "input" as const, tokens: 2, nanousd: 3 }] }));
  return toEntry(recorded({ id: newId("exe", ms), created_at: ms, calls }));
}

describe("the calls of a ledger object", () => {
  it("are told apart by model in every hour of a month", async () => {
    const name = "ten_month_of_calls/0";
    const calls = await runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => {
      const book = new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name });
      const times = Array.from({ length: HOURS }, (_, hour) => BASE + hour * HOUR_MS);
      for (const at of times) await book.append([calledAt(at)], at);
      return book.calls({ from: hourOf(BASE), to: hourOf(BASE) + HOURS }, BASE + HOURS * HOUR_MS).calls;
    });
    expect(calls).toHaveLength(HOURS * MODELS.length);
    expect([...new Set(calls.map(({ model }) => model))]).toEqual(MODELS);
  });

  it("lose no more by an end than its unknown record of an older version had counted", async () => {
    const name = "ten_old_unknown/0";
    const calls = await runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => {
      const book = new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name });
      const id = newId("exe", BASE);
      const { calls: _notKnown, ...unknown }: Execution = toUnknown("ten_old_unknown", intentOf(id, BASE));
      const { calls: _notTold, ...old } = toEntry(unknown);
      await book.append([old], BASE);
      // Its hour is packed by now.
      await book.append([toEntry(recorded({ created_at: BASE + 30 * HOUR_MS }))], BASE + 30 * HOUR_MS);
      await book.append([toEntry(recorded({ id, created_at: BASE, calls: [] }))], BASE + 30 * HOUR_MS);
      return book.calls({ from: hourOf(BASE), to: hourOf(BASE) + 24 }, BASE + 30 * HOUR_MS);
    });
    expect(calls).toEqual({ calls: [], unknown: [] });
  });
});
