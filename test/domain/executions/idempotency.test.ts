import { describe, expect, it } from "vitest";
import {
  claim,
  IDEMPOTENCY_LIFE_MS,
  type IdempotencyState,
  isHeldBy,
  settle,
} from "../../../src/domain/executions/idempotency.ts";

const NOW = 1_795_000_000_000;
const firstClaim = { fingerprint: "f", execution_id: "exe_1", lease_ms: 30_000 };

function claimed(now = NOW): IdempotencyState {
  const { next } = claim(undefined, firstClaim, now);
  if (!next) throw new Error("a first claim changes the state");
  return next;
}

describe("an idempotency key", () => {
  it("is claimed by the first request and busy for the next until the lease ends", () => {
    const state = claimed();
    expect(state).toMatchObject({ status: "in_progress", execution_id: "exe_1", lease_until: NOW + 30_000 });
    expect(claim(state, firstClaim, NOW + 29_500).verdict).toEqual({ kind: "busy", retry_after_ms: 500 });
  });

  it("passes to another worker after the lease, under the same id, and the first worker can no longer settle it", () => {
    const state = claimed();
    const { verdict, next } = claim(state, { ...firstClaim, execution_id: "exe_2" }, NOW + 30_000);
    expect(verdict).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1" });
    expect(claim(next, firstClaim, NOW + 30_001).verdict.kind).toBe("busy");
    expect(settle(next, 1, "done")).toBeUndefined();
    expect(isHeldBy(next, 1)).toBe(false);
    expect(settle(next, 2, "done")).toMatchObject({ status: "done" });
  });

  it.each(["done", "failed"] as const)("replays a %s result for a day and no longer", (status) => {
    const state = settle(claimed(), 1, status);
    expect(claim(state, firstClaim, NOW + IDEMPOTENCY_LIFE_MS - 1).verdict).toEqual({ kind: "replay" });
    const after = claim(state, { ...firstClaim, execution_id: "exe_9" }, NOW + IDEMPOTENCY_LIFE_MS);
    expect(after.verdict).toEqual({ kind: "begin", token: 1, execution_id: "exe_9" });
  });

  it("is refused for another request at any time of its life", () => {
    const other = { ...firstClaim, fingerprint: "g" };
    expect(claim(claimed(), other, NOW + 60_000).verdict).toEqual({ kind: "mismatch" });
    expect(claim(settle(claimed(), 1, "done"), other, NOW).verdict).toEqual({ kind: "mismatch" });
  });

  it("is settled once, and held only by the worker with its current token", () => {
    const done = settle(claimed(), 1, "done");
    expect(settle(done, 1, "failed")).toBeUndefined();
    expect([isHeldBy(claimed(), 1), isHeldBy(claimed(), 2), isHeldBy(done, 1), isHeldBy(undefined, 1)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
