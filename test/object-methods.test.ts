import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { objectMethods } from "../scripts/object-methods.ts";

const now = objectMethods("src/durable-objects");
const before = JSON.parse(readFileSync("test/fixtures/previous-version/object-methods.json", "utf8")) as typeof now;

/**
 * Methods that the previous version's objects do not have, while isolates of this one call them. It
 * says what their callers do then; any other comes one deployment before its first caller.
 */
const ADDED = {
  Ledger: {
    failures: "the look at a canary fails, and the cron looks again",
    findIntents: "the turn of a run that was cut off fails, and its next worker tries again",
    widen: "an object beyond the eighth takes nothing, and intents and records go to the usage queue",
  },
  ProviderGate: {
    branchAcquire: "the root is asked",
    branchSettle: "the root is told",
  },
  TenantBudgets: {
    askTogether: "a branch's isolates are told so, and ask the root by `ask`",
    branchAsk: "the root is asked",
  },
  TenantThrottle: { branchAsk: "the root is asked" },
};

describe("a Durable Object during a deploy", () => {
  it("has every method that isolates of the previous version call", () => {
    expect(Object.keys(before).length).toBeGreaterThan(5);
    for (const [name, methods] of Object.entries(before)) expect(now[name]).toEqual(expect.arrayContaining(methods));
  });

  it("is called by no method that the previous version lacks, unless its callers can do without", () => {
    const added = Object.entries(now).flatMap(([name, methods]) => {
      const more = methods.filter((method) => !before[name]?.includes(method));
      return more.length === 0 ? [] : [[name, more] as const];
    });
    const known = Object.entries(ADDED).map(([name, methods]) => [name, Object.keys(methods)]);
    expect(Object.fromEntries(added)).toEqual(Object.fromEntries(known));
  });
});
