import { describe, expect, it } from "vitest";
import {
  claim,
  IDEMPOTENCY_LIFE_MS,
  type IdempotencyState,
  isHeldBy,
  settle,
} from "../../../src/domain/executions/idempotency.ts";

const NOW = 1_795_000_000_000;
const wanted = { fingerprint: "f", execution_id: "exe_1", lease_ms: 30_000 };

function begun(now = NOW): IdempotencyState {
  const { next } = claim(undefined, wanted, now);
  if (!next) throw new Error("a first claim changes the state");
  return next;
}

describe("an idempotency key", () => {
  it("is begun by the first, and is busy for the next until the lease ends", () => {
    const state = begun();
    expect(state).toMatchObject({ status: "in_progress", execution_id: "exe_1", lease_until: NOW + 30_000 });
    expect(claim(state, wanted, NOW + 29_500).verdict).toEqual({ kind: "busy", retry_after_ms: 500 });
  });

  it("is unknown after the lease: one other goes on under the same id, and the first one's word counts no more", () => {
    const state = begun();
    const { verdict, next } = claim(state, { ...wanted, execution_id: "exe_2" }, NOW + 30_000);
    expect(verdict).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1" });
    expect(claim(next, wanted, NOW + 30_001).verdict.kind).toBe("busy");
    expect(settle(next, 1, "done")).toBeUndefined();
    expect(isHeldBy(next, 1)).toBe(false);
    expect(settle(next, 2, "done")).toMatchObject({ status: "done" });
  });

  it.each(["done", "failed"] as const)("replays what is %s, for a day and not longer", (status) => {
    const state = settle(begun(), 1, status);
    expect(claim(state, wanted, NOW + IDEMPOTENCY_LIFE_MS - 1).verdict).toEqual({ kind: "replay" });
    const after = claim(state, { ...wanted, execution_id: "exe_9" }, NOW + IDEMPOTENCY_LIFE_MS);
    expect(after.verdict).toEqual({ kind: "begin", token: 1, execution_id: "exe_9" });
  });

  it("is refused for another request, at any time of its life", () => {
    const other = { ...wanted, fingerprint: "g" };
    expect(claim(begun(), other, NOW + 60_000).verdict).toEqual({ kind: "mismatch" });
    expect(claim(settle(begun(), 1, "done"), other, NOW).verdict).toEqual({ kind: "mismatch" });
  });

  it("is settled once, and given free only by who works under it", () => {
    const done = settle(begun(), 1, "done");
    expect(settle(done, 1, "failed")).toBeUndefined();
    expect([isHeldBy(begun(), 1), isHeldBy(begun(), 2), isHeldBy(done, 1), isHeldBy(undefined, 1)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
