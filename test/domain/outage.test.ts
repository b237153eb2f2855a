import { describe, expect, it } from "vitest";
import { isFaultOfOurs, isOutage, StorageOutage } from "../../src/domain/outage.ts";

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

describe("an error that a part of storage threw", () => {
  it.each([
    'D1_ERROR: near "selct": syntax error at offset 0: SQLITE_ERROR',
    "D1_ERROR: UNIQUE constraint failed: prompts.name: SQLITE_CONSTRAINT",
    "D1_ERROR: no such table: prompts: SQLITE_ERROR",
    "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
    "string or blob too big: SQLITE_TOOBIG",
  ])("is a fault of ours where it is about the statement: %s", (message) => {
    expect(isFaultOfOurs(new Error(message))).toBe(true);
  });

  it("is a fault of ours where code failed", () => {
    expect(isFaultOfOurs(new TypeError("x is undefined"))).toBe(true);
  });

  it.each([
    "D1_ERROR: database is locked: SQLITE_BUSY",
    "D1_ERROR: Currently processing a long-running import.",
    "Network connection lost.",
    "internal error; reference = 0123456789",
    "database or disk is full: SQLITE_FULL",
  ])("is storage's own otherwise: %s", (message) => {
    expect(isFaultOfOurs(new Error(message))).toBe(false);
  });

  it("is an outage that names its part and keeps the platform's advice", () => {
    const overloaded = Object.assign(new Error("too many requests"), { overloaded: true });
    const outage = new StorageOutage("LEDGER", overloaded);
    expect(outage.message).toBe("LEDGER: too many requests");
    expect([isOutage(outage), Reflect.get(outage, "overloaded"), Reflect.get(outage, "retryable")]).toEqual([
      true,
      true,
      undefined,
    ]);
  });
});
