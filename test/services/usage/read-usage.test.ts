import { describe, expect, it } from "vitest";
import type { UsageQuery } from "../../../src/domain/ledger/ledger-messages.ts";
import { noUsage, type UsageRow } from "../../../src/domain/usage/usage.ts";
import { readUsage, type ReadUsageDeps, type UsageRequest } from "../../../src/services/usage/read-usage.ts";

const NOW = Date.parse("2026-11-26T12:34:56Z");
const MARGIN_MS = 60_000;

function setup({
  first_due,
  old = async () => null,
  rows = [],
  asked = [],
}: {
  first_due?: number;
  old?: ReadUsageDeps["firstOldIntentDue"];
  rows?: UsageRow[];
  asked?: UsageQuery[];
} = {}) {
  const deps: ReadUsageDeps = {
    now: () => NOW,
    executions: {
      async usage(_tenant, query) {
        asked.push(query);
        return { rows, from: query.from, to: query.to, rows_read: 0, first_due };
      },
    },
    flush: async () => undefined,
    firstOldIntentDue: old,
    intentMarginMs: MARGIN_MS,
  };
  return async (request: UsageRequest = {}) => readUsage(deps, "ten_a", request);
}

describe("the time until which usage is complete", () => {
  it("is as long ago as an execution and its record can take", async () => {
    expect((await setup()()).complete_until).toBe(NOW - 330_000);
  });

  it("stands still at the first intent that is not resolved, however long that takes", async () => {
    const beganAt = NOW - 7_200_000;
    const due = beganAt + 300_000 + MARGIN_MS;
    expect((await setup({ first_due: due })()).complete_until).toBe(beganAt);
    // The object of an older version may have one that began earlier.
    const old = async () => due - 60_000;
    expect((await setup({ first_due: due, old })()).complete_until).toBe(beganAt - 60_000);
  });

  it("is not known while the intents cannot be asked, and never later than the query's end", async () => {
    const silent = async () => Promise.reject(new Error("down"));
    expect((await setup({ old: silent })()).complete_until).toBeNull();
    expect((await setup()({ from: NOW - 9e6, to: NOW - 8e6 })).complete_until).toBe(NOW - 8e6);
  });
});

describe("selected usage", () => {
  const rowOf = (prompt: string | null, key: string, cost_nanousd: number): UsageRow => ({
    ...noUsage(),
    groups: { prompt, key },
    executions: 1,
    prompt_tokens: 10 - cost_nanousd,
    cost_nanousd,
  });
  const rows = [rowOf("a", "k1", 1), rowOf("a", "k2", 5), rowOf("b", "k1", 3), rowOf(null, "k1", 2)];

  it("is filtered, summed by what is asked for, ordered and cut, though an older ledger answers with all", async () => {
    const asked: UsageQuery[] = [];
    const read = setup({ rows, asked });
    const { rows: top } = await read({ group_by: "prompt", filter: { key: "k1" }, order: "-cost_usd", limit: 2 });
    expect(asked).toMatchObject([{ group_by: ["prompt", "key"], filter: { key: "k1" } }]);
    expect(top.map(({ groups, cost_nanousd }) => [groups, cost_nanousd])).toEqual([
      [{ prompt: "b" }, 3],
      [{ prompt: null }, 2],
    ]);
    const { rows: whole } = await read({ filter: { prompt: "a" } });
    expect(whole).toMatchObject([{ groups: {}, executions: 2, cost_nanousd: 6 }]);
    expect((await read({ filter: { prompt: "none" } })).rows).toEqual([{ ...noUsage(), groups: {} }]);
    const { rows: least } = await read({ group_by: "prompt,key", order: "total_tokens" });
    expect(least.map(({ prompt_tokens }) => prompt_tokens)).toEqual([5, 7, 8, 9]);
  });

  it("by user reaches as far back as usage by user", async () => {
    const day = 86_400_000;
    await expect(
      setup()({ from: NOW - 200 * day, to: NOW - 150 * day, filter: { user: "ada" } }),
    ).rejects.toMatchObject({
      errors: [{ path: "from", message: expect.stringContaining("usage by user is kept since") }],
    });
  });
});

describe("the time of a usage query", () => {
  it("is whole hours where none is given, and no more than is kept", async () => {
    const end = Date.parse("2026-11-26T13:00:00Z");
    expect(await setup()()).toMatchObject({ from: end - 30 * 86_400_000, to: end });
    const { from } = await setup()({ group_by: "user,hour" });
    expect(from).toBe(Date.parse("2026-11-18T12:00:00Z"));
  });
});
