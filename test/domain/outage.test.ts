import { describe, expect, it } from "vitest";
import { isOutage } from "../../src/domain/outage.ts";

/** As Drizzle wraps what D1 throws: its own message has the statement. */
const wrapped = (message: string) =>
  Object.assign(new Error("Failed query: select 'internal error'", { cause: new Error(message) }), { query: "select" });

describe("an outage of storage", () => {
  it.each([
    "D1_ERROR: database is locked: SQLITE_BUSY",
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: Network connection lost.",
    "D1 DB reset because its code was updated.",
    "Internal error in Durable Object storage caused object to be reset.",
  ])("is what says so, wrapped or not: %s", (message) => {
    expect([isOutage(new Error(message)), isOutage(wrapped(message))]).toEqual([true, true]);
  });

  it("is what a Durable Object marks as passing", () => {
    expect(isOutage(Object.assign(new Error("reset"), { durableObjectReset: true }))).toBe(true);
    expect(isOutage(Object.assign(new Error("busy"), { overloaded: true }))).toBe(true);
  });

  it.each([
    "D1_ERROR: UNIQUE constraint failed: prompts.name: SQLITE_CONSTRAINT",
    "D1_ERROR: no such table: prompts: SQLITE_ERROR",
    "x is undefined",
    "fetch timed out",
  ])("is not a fault of ours: %s", (message) => {
    expect([isOutage(new Error(message)), isOutage(wrapped(message))]).toEqual([false, false]);
  });
});
