import { describe, expect, it } from "vitest";
import type { AcquireRequest, LeaseReport, Settlement } from "../../../src/domain/gate/protocol/messages.ts";
import { BranchHealth, nearGate, nearThrottle } from "../../../src/services/gate/near-gate.ts";
import { keyOf, NOW, reportOf, requestOf } from "../../domain/gate/support.ts";

const KEYS = [keyOf("a")];
const OF_BRANCH = reportOf("~life-1", { ended: 1 });
const OF_ROOT = reportOf("0a1b2c3d-1", { ended: 2 });
const NOTHING = { leases: [], refusal: null, held_ms: 0, wait_ms: 0 };
const LIMITS = { rate_per_s: 1, burst: 2 };
const QUESTION = { spent: 1, unspent: 0, waiting: 1, ahead: 0 };

function settlementOf(reports: LeaseReport[], more: Partial<Settlement> = {}): Settlement {
  return { holder: "w1", keys: KEYS, waiting: 0, renewals: [], outcomes: [], ...more, reports };
}

/** A branch and a root that note what they are asked. `broken` makes the branch fail. */
function worldOf() {
  const state = { now: NOW, broken: null as Error | null, faults: [] as string[] };
  const calls: [method: string, leases: string[]][] = [];
  const leasesOf = ({ reports }: AcquireRequest | Settlement) => reports.map(({ lease }) => lease);
  const onBranch = (method: string, of: AcquireRequest | Settlement) => {
    calls.push([method, leasesOf(of)]);
    if (state.broken) throw state.broken;
  };
  const health = new BranchHealth();
  const deps = {
    now: () => state.now,
    defer: (work: Promise<unknown>) => void work,
    onFault: (event: string) => void state.faults.push(event),
  };
  const gate = nearGate(deps, {
    health,
    branch: () => ({
      branchAcquire: async (request) => (onBranch("branchAcquire", request), NOTHING),
      branchSettle: async (settlement) => (onBranch("branchSettle", settlement), []),
    }),
    root: () => ({
      acquire: async (request) => (calls.push(["acquire", leasesOf(request)]), NOTHING),
      settle: async (settlement) => (calls.push(["settle", leasesOf(settlement)]), []),
      view: () => Promise.reject(new Error("the root was viewed")),
    }),
  });
  const throttle = nearThrottle(deps, {
    health,
    branch: () => ({
      branchAsk: async () => {
        if (state.broken) throw state.broken;
        return { granted: 1, remaining: 1, wait_ms: 0 };
      },
    }),
    root: () => ({ ask: async () => Promise.resolve({ granted: 2, remaining: 0, wait_ms: 0 }) }),
  });
  return { state, calls, gate, throttle };
}

describe("an isolate of a large tenant", () => {
  it("asks the branch of its region", async () => {
    const { calls, gate, throttle } = worldOf();
    await gate.acquire(requestOf(KEYS, { reports: [OF_BRANCH] }));
    await gate.settle(settlementOf([OF_BRANCH]));
    expect(calls).toEqual([
      ["branchAcquire", ["~life-1"]],
      ["branchSettle", ["~life-1"]],
    ]);
    expect(await throttle.ask(LIMITS, QUESTION)).toMatchObject({ granted: 1 });
  });

  it("looks at the root, which knows of all branches", async () => {
    await expect(worldOf().gate.view(KEYS)).rejects.toThrow("the root was viewed");
  });

  it("reports each lease to whoever lent it", async () => {
    const { calls, gate } = worldOf();
    await gate.acquire(requestOf(KEYS, { reports: [OF_ROOT, OF_BRANCH] }));
    await gate.settle(settlementOf([OF_ROOT]));
    expect(calls).toEqual([
      ["settle", ["0a1b2c3d-1"]],
      ["branchAcquire", ["~life-1"]],
      ["settle", ["0a1b2c3d-1"]],
    ]);
  });

  it.each([
    'The RPC receiver does not implement the method "branchAcquire".',
    'The RPC receiver does not implement "branchAcquire".',
  ])("asks the root at once where the branch's object is of a version without branches: %s", async (said) => {
    const { state, calls, gate, throttle } = worldOf();
    state.broken = new TypeError(said);
    expect(await gate.acquire(requestOf(KEYS))).toEqual(NOTHING);
    await gate.acquire(requestOf(KEYS));
    expect(calls.map(([method]) => method)).toEqual(["branchAcquire", "acquire", "acquire"]);
    expect(await throttle.ask(LIMITS, QUESTION)).toMatchObject({ granted: 2 });
  });

  it("asks the root for a while after three failures of the branch in a row, and then the branch again", async () => {
    const { state, calls, gate } = worldOf();
    state.broken = new Error("overloaded");
    for (let turn = 0; turn < 3; turn += 1) await expect(gate.acquire(requestOf(KEYS))).rejects.toThrow("overloaded");
    calls.length = 0;
    await gate.acquire(requestOf(KEYS, { reports: [OF_BRANCH] }));
    // The branch may live, so it hears of its leases; where it does not, that is only noted.
    expect(calls).toEqual([
      ["branchSettle", ["~life-1"]],
      ["acquire", []],
    ]);
    await Promise.resolve();
    expect(state.faults).toEqual(["gate_untold"]);
    state.now += 5_001;
    state.broken = null;
    calls.length = 0;
    await gate.acquire(requestOf(KEYS));
    expect(calls).toEqual([["branchAcquire", []]]);
  });

  it("tells the outcomes of calls once", async () => {
    const { calls, gate } = worldOf();
    const passed = { kind: "passed", key: "a", model: "m", calls: 1, latency_ms: 1, ttft_ms: 1 } as const;
    await gate.settle(settlementOf([OF_ROOT], { outcomes: [passed] }));
    expect(calls).toEqual([
      ["settle", ["0a1b2c3d-1"]],
      ["branchSettle", []],
    ]);
  });
});
