import { describe, expect, it } from "vitest";
import { readUsage, type ReadUsageDeps, type UsageRequest } from "../../../src/services/usage/read-usage.ts";

const NOW = Date.parse("2026-11-26T12:34:56Z");
const MARGIN_MS = 60_000;

function setup({
  first_due,
  old = async () => null,
}: { first_due?: number; old?: ReadUsageDeps["firstOldIntentDue"] } = {}) {
  const deps: ReadUsageDeps = {
    now: () => NOW,
    executions: { usage: async (_tenant, { from, to }) => ({ rows: [], from, to, rows_read: 0, first_due }) },
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

describe("the time of a usage query", () => {
  it("is whole hours where none is given, and no more than is kept", async () => {
    const end = Date.parse("2026-11-26T13:00:00Z");
    expect(await setup()()).toMatchObject({ from: end - 30 * 86_400_000, to: end });
    const { from } = await setup()({ group_by: "user,hour" });
    expect(from).toBe(Date.parse("2026-11-18T12:00:00Z"));
  });
});
