import { describe, expect, it } from "vitest";
import {
  claim,
  handBack,
  IDEMPOTENCY_LIFE_MS,
  type IdempotencyState,
  isHeldBy,
  isSettledBy,
  settle,
} from "../../../src/domain/executions/idempotency.ts";
import { intentOf } from "../../support/intent.ts";

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
    expect(claim(state, { ...firstClaim, execution_id: "exe_2" }, NOW + 29_500).verdict).toEqual({
      kind: "busy",
      retry_after_ms: 500,
      claimant: "exe_1",
    });
  });

  it("passes to another worker after the lease, under the same id, and the first worker can no longer settle it", () => {
    const state = claimed();
    const { verdict, next } = claim(state, { ...firstClaim, execution_id: "exe_2" }, NOW + 30_000);
    expect(verdict).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1" });
    expect(claim(next, { ...firstClaim, execution_id: "exe_3" }, NOW + 30_001).verdict.kind).toBe("busy");
    expect(settle(next, { token: 1 }, "done")).toBeUndefined();
    expect(isHeldBy(next, { token: 1 })).toBe(false);
    expect(settle(next, { token: 2 }, "done")).toMatchObject({ status: "done" });
  });

  it("keeps what its worker is about to spend money on for the next worker, until it is settled", () => {
    const intent = intentOf("exe_1", NOW);
    const started = claim(claimed(), { ...firstClaim, intent }, NOW + 1);
    expect(started.verdict).toEqual({ kind: "begin", token: 1, execution_id: "exe_1" });
    const passedOn = claim(started.next, { ...firstClaim, execution_id: "exe_2" }, NOW + 30_000);
    expect(passedOn.verdict).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1", intent });
    expect(settle(passedOn.next, { token: 2 }, "failed")?.intent).toBeUndefined();
    // The first worker asks whether it may start, and finds that the key has passed on.
    expect(claim(passedOn.next, { ...firstClaim, intent }, NOW + 30_001).verdict.kind).toBe("busy");
  });

  it.each(["done", "failed"] as const)("replays a %s result for a day and no longer", (status) => {
    const state = settle(claimed(), { token: 1 }, status);
    expect(claim(state, firstClaim, NOW + IDEMPOTENCY_LIFE_MS - 1).verdict).toEqual({ kind: "replay" });
    const after = claim(state, { ...firstClaim, execution_id: "exe_9" }, NOW + IDEMPOTENCY_LIFE_MS);
    expect(after.verdict).toEqual({ kind: "begin", token: 1, execution_id: "exe_9" });
  });

  it("is refused for another request at any time of its life", () => {
    const other = { ...firstClaim, fingerprint: "g" };
    const known = { ...other, earlier_fingerprint: "f" };
    expect(claim(settle(claimed(), { token: 1 }, "done"), known, NOW).verdict).toEqual({ kind: "replay" });
    expect(claim(claimed(), other, NOW + 60_000).verdict).toEqual({ kind: "mismatch" });
    expect(claim(settle(claimed(), { token: 1 }, "done"), other, NOW).verdict).toEqual({ kind: "mismatch" });
  });

  it("is settled once, and held only by the worker with its current token", () => {
    const done = settle(claimed(), { token: 1 }, "done");
    expect(settle(done, { token: 1 }, "failed")).toBeUndefined();
    const holders = [claimed(), done, undefined].map((state) => isHeldBy(state, { token: 1 }));
    expect([...holders, isHeldBy(claimed(), { token: 2 })]).toEqual([true, false, false, false]);
  });

  it("tells a worker of an earlier life by the id of its work, because tokens begin anew", () => {
    const earlier = { token: 1, execution_id: "exe_0" };
    const holder = { token: 1, execution_id: "exe_1" };
    expect([isHeldBy(claimed(), earlier), isHeldBy(claimed(), holder)]).toEqual([false, true]);
    const done = settle(claimed(), holder, "done");
    expect([isSettledBy(done, earlier), isSettledBy(done, holder), isSettledBy(claimed(), holder)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it("grants the same claim again, because its reply may have been lost", () => {
    const state = claimed();
    expect(claim(state, firstClaim, NOW + 1).verdict).toEqual({ kind: "begin", token: 1, execution_id: "exe_1" });
    const second = { ...firstClaim, execution_id: "exe_2" };
    const { next } = claim(state, second, NOW + 30_000);
    expect(claim(next, second, NOW + 30_001).verdict).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1" });
    const { claimant: _absent, ...ofLastVersion } = state;
    expect(claim(ofLastVersion, second, NOW + 1).verdict.kind).toBe("busy");
    // A deploy may come between a claim and the start of its work.
    const start = { ...firstClaim, intent: intentOf("exe_1", NOW) };
    const started = claim(ofLastVersion, start, NOW + 1);
    expect([started.verdict.kind, started.next?.intent]).toEqual(["begin", start.intent]);
  });

  it("passes on at once after its worker handed it back, under the same id", () => {
    const handedBack = handBack(claimed(), { token: 1, execution_id: "exe_1" }, NOW + 5);
    const { verdict } = claim(handedBack, { ...firstClaim, execution_id: "exe_2" }, NOW + 5);
    expect(verdict).toEqual({ kind: "unknown", token: 2, execution_id: "exe_1" });
    expect(handBack(claimed(), { token: 2, execution_id: "exe_1" }, NOW)).toBeUndefined();
  });
});
