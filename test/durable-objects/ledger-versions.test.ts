import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { fromRecord } from "../../src/domain/ledger/entry.ts";
import { DAY_MS } from "../../src/domain/ledger/periods.ts";
import { executionAt, type LedgerTrial, NOW, PACK_ROWS, unknownOf, withTrial } from "../support/ledger-trial.ts";

describe("the record of an execution", () => {
  /** Moves what is on record on: it stays fresh, is packed, or goes to R2. */
  const MOVES = {
    fresh: async () => undefined,
    packed: async (trial: LedgerTrial) => trial.pack(),
    archived: async (trial: LedgerTrial) => trial.passTo(NOW + 10 * DAY_MS),
  };

  it.each(Object.keys(MOVES) as (keyof typeof MOVES)[])(
    "is replaced by its end while its unknown one is %s",
    async (place) => {
      await withTrial(`ten_unknown_${place}`, async (trial) => {
        const end = executionAt(NOW, { cost_nanousd: 7 });
        await trial.append(unknownOf(end));
        await MOVES[place](trial);
        trial.open();
        expect((await trial.find(end.id))?.status).toBe("unknown");
        const [count, cost] = trial.totals();
        for (let delivery = 0; delivery < 2; delivery++) {
          await trial.append(end, unknownOf(end));
          expect(await trial.find(end.id)).toEqual(end);
          await trial.pack();
          trial.open();
        }
        expect(await trial.find(end.id)).toEqual(end);
        expect((await trial.listed()).filter((id) => id === end.id)).toEqual([end.id]);
        expect(trial.totals()).toEqual([count + 2 * PACK_ROWS, cost - 893 + 2 * PACK_ROWS]);
        await trial.passTo(trial.now + 10 * DAY_MS);
        trial.open();
        expect(await trial.find(end.id)).toEqual(end);
        const failed = await trial.share.book.list({ status: "unknown", limit: 10 }, trial.now);
        expect(failed.ids).toEqual([]);
      });
    },
  );

  it("that comes late for an archived day is found, listed and counted, and stays here", async () => {
    await withTrial("ten_late_one", async (trial) => {
      const first = executionAt(NOW);
      await trial.append(first);
      await trial.passTo(NOW + 10 * DAY_MS);
      const late = [executionAt(NOW - 1), executionAt(NOW + 1)];
      await trial.append(...late, first);
      const ids = [...late, first].map(({ id }) => id).toSorted();
      for (const move of [MOVES.fresh, MOVES.packed]) {
        await move(trial);
        trial.open();
        expect((await trial.listed()).slice(-3)).toEqual(ids.toReversed());
        for (const each of late) expect(await trial.find(each.id)).toEqual(each);
      }
      await trial.append(...late, first);
      expect(trial.totals()[0]).toBe(3 + PACK_ROWS);
    });
  });

  it("that comes while its day is being archived is not lost, and the block in R2 stays the same", async () => {
    await withTrial("ten_meanwhile", async (trial) => {
      const old = [executionAt(NOW), unknownOf(executionAt(NOW + 1)), executionAt(NOW + 2)];
      const end = { ...old[1], status: "succeeded", cost_nanousd: 4 } as Execution;
      const arriving = executionAt(NOW + 3);
      await trial.append(...old);
      const keys: string[] = [];
      trial.bucket = {
        get: async (key) => env.LEDGER_ARCHIVE.get(key),
        delete: async (some) => env.LEDGER_ARCHIVE.delete(some),
        put: async (key, value) => {
          keys.push(key);
          if (keys.length === 1) {
            await trial.append(arriving, end);
            throw new Error("R2 does not answer");
          }
          await env.LEDGER_ARCHIVE.put(key, value);
          await trial.append(arriving, end);
        },
      };
      trial.open();
      await expect(trial.passTo(NOW + 10 * DAY_MS)).rejects.toThrow("R2 does not answer");
      trial.alarm = trial.now;
      await trial.passTo(NOW + 10 * DAY_MS);
      expect(new Set(keys).size).toBe(1);
      trial.open();
      const stored = await env.LEDGER_ARCHIVE.get(keys[0] ?? "");
      const text = await new Response(stored?.body.pipeThrough(new DecompressionStream("gzip"))).text();
      expect(text.trim().split("\n").map(fromRecord)).toEqual(old);
      const expected = [old[0], end, old[2], arriving] as Execution[];
      for (const each of expected) expect(await trial.find(each.id)).toEqual(each);
      expect(await trial.listed()).toEqual(expected.map(({ id }) => id).toReversed());
      expect(trial.totals()).toEqual([4, 7]);
    });
  });
});
