import { describe, expect, it } from "vitest";
import { toEntry, UnfitRecord } from "../../../src/domain/ledger/entry.ts";
import { dayLabel, dayOf, hourLabel, hourOf, idFloor } from "../../../src/domain/ledger/periods.ts";
import { MAX_USER_LINES, Rollup, unpackRollup } from "../../../src/domain/ledger/rollup.ts";
import { UsageFold } from "../../../src/domain/ledger/usage-fold.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { newId } from "../../../src/domain/id.ts";
import { recorded } from "../../support/recorded.ts";

function rollupOf(executions: readonly Execution[]): Rollup {
  const rollup = new Rollup();
  for (const execution of executions) rollup.apply({ ...toEntry(execution), sign: 1 });
  return rollup;
}

describe("a rollup", () => {
  it("comes back from its stored parts as it was, however many there are", () => {
    const executions = Array.from({ length: 4_500 }, (_, n) =>
      recorded({ end_user: `u${n}`, prompt_name: `p${n % 3}`, created_at: 1_000 + n, cost_nanousd: n }),
    );
    const rollup = rollupOf(executions);
    const packed = rollup.pack();
    expect([packed.plain.length, packed.users.length]).toEqual([1, 3]);
    expect(unpackRollup(packed)).toEqual(rollup);
  });

  it("fits its rows of 2 MB, whatever names its callers give their users", () => {
    const executions = Array.from({ length: 2_000 }, (_, n) =>
      recorded({ end_user: "\u0001".repeat(250) + String(n), cost_nanousd: n }),
    );
    const rollup = rollupOf(executions);
    const packed = rollup.pack();
    const sizes = packed.users.map((part) => new TextEncoder().encode(part).length);
    expect(Math.max(...sizes)).toBeLessThan(2_000_000);
    expect(unpackRollup(packed)).toEqual(rollup);
  });

  it("counts users beyond the most that it tells apart without their names, and loses none", () => {
    const rollup = new Rollup();
    const entry = toEntry(recorded({ created_at: 1_000, cost_nanousd: 3 }));
    const of = (user: string) => ({ ...entry, combination: { ...entry.combination, user } });
    for (let n = 0; n < MAX_USER_LINES + 500; n++) rollup.apply({ ...of(`u${n}`), sign: 1 });
    rollup.apply({ ...of("u7"), sign: 1 });
    rollup.apply({ ...of(`u${MAX_USER_LINES + 1}`), sign: -1 });
    const lines = [...rollup.users.values()];
    const sumsOf = (user: string | null) => lines.find(({ combination }) => combination.user === user)?.sums;
    expect(lines).toHaveLength(MAX_USER_LINES + 1);
    expect([sumsOf(null)?.executions, sumsOf("u7")?.executions]).toEqual([499, 2]);
    expect(lines.reduce((sum, { sums }) => sum + sums.cost_nanousd, 0)).toBe(3 * (MAX_USER_LINES + 500));
    const day = new Rollup();
    for (let hour = 0; hour < 2; hour++) day.merge(unpackRollup(rollup.pack()));
    expect(day.users.size).toBe(MAX_USER_LINES + 1);
  });

  it("stores no second form without users", () => {
    const rollup = rollupOf([recorded({}), recorded({ model: null })]);
    expect(rollup.pack().users).toEqual([]);
    expect(unpackRollup(rollup.pack())).toEqual(rollup);
  });

  it("is empty again when all that was added is taken out", () => {
    const entry = toEntry(recorded({ end_user: "u", cost_nanousd: 7 }));
    const rollup = rollupOf([recorded({ end_user: "u", cost_nanousd: 7 })]);
    rollup.apply({ ...entry, sign: -1 });
    expect([rollup.plain.size, rollup.users.size]).toEqual([0, 0]);
  });

  it("reads parts of an older version, which have fewer columns and sums", () => {
    const part = { first: 1, last: 2, width: 2, values: ["p", 1], lines: [[0, 1, 5]] };
    const [line] = unpackRollup({ plain: [JSON.stringify(part)], users: [], insights: [] }).plain.values();
    expect(line).toMatchObject({
      combination: { prompt: "p", version: 1, user: null },
      sums: { executions: 5, errors: 0 },
    });
  });
});

describe("an entry of the ledger", () => {
  it.each([{ id: "exe_1" }, { prompt_name: null }, { created_at: Number.NaN }, { prompt_tokens: undefined }])(
    "is refused for a record that could not be counted: %o",
    (fault) => {
      expect(() => toEntry({ ...recorded({}), ...fault } as Execution)).toThrow(UnfitRecord);
    },
  );

  it("counts what was paid, or what a stored answer saved", () => {
    const paid = toEntry(recorded({ prompt_tokens: 2, completion_tokens: 3, cost_nanousd: 4, saved_nanousd: null }));
    expect(paid.sums).toMatchObject({ prompt_tokens: 2, completion_tokens: 3, cost_nanousd: 4, saved_tokens: 0 });
    const saved = toEntry(
      recorded({ cached: "kv", prompt_tokens: 2, completion_tokens: 3, cost_nanousd: 0, saved_nanousd: 4 }),
    );
    expect(saved.sums).toMatchObject({ prompt_tokens: 0, saved_tokens: 5, saved_nanousd: 4, kv_hits: 1 });
  });
});

describe("periods", () => {
  it("are named in UTC, and found by the ids of their executions", () => {
    const now = Date.parse("2026-11-26T05:59:59.999Z");
    expect([hourLabel(hourOf(now)), dayLabel(dayOf(now))]).toEqual(["2026-11-26T05:00:00Z", "2026-11-26"]);
    const id = newId("exe", now);
    expect([idFloor(now) <= id, id < idFloor(now + 1)]).toEqual([true, true]);
  });
});

describe("the groups of a query", () => {
  it("are one more than the limit where there are too many, however many lines are added", () => {
    const fold = new UsageFold(["user"], 10);
    const { combination, sums } = toEntry(recorded({}));
    const user = (n: number) => ({ combination: { ...combination, user: `u${n}` }, sums });
    for (let n = 0; n < 10; n++) fold.add(user(n), 0);
    expect([fold.isFull, fold.columns().size]).toEqual([false, 10]);
    for (let n = 10; n < 1_000; n++) fold.add(user(n), 0);
    expect([fold.isFull, fold.columns().size]).toEqual([true, 11]);
  });

  it("are those of the filter alone, so that others do not count for the limit", () => {
    const fold = new UsageFold(["user", "tag"], 2, { user: "u7", tag: "b" });
    const { combination, sums } = toEntry(recorded({}));
    for (let n = 0; n < 100; n++) {
      fold.add(
        { combination: { ...combination, user: `u${n % 10}`, tags: n % 20 === 7 ? ["a", "b"] : ["a"] }, sums },
        0,
      );
    }
    expect(fold.columns()).toMatchObject({ size: 1, values: [["u7"], ["b"]] });
    expect(fold.columns().sums[0]).toEqual([5]);
  });
});
