import { describe, expect, it, vi } from "vitest";
import type { AcquireReply, Settlement } from "../../../src/domain/gate/protocol/messages.ts";
import { GateBranch } from "../../../src/durable-objects/gate-branch.ts";
import { ThrottleBranch } from "../../../src/durable-objects/throttle-branch.ts";
import { localGate } from "../../support/local-gate.ts";
import { keyOf, NOW, reportOf, requestOf } from "./support.ts";

const KEYS = [keyOf("a", { rpm: 20, max_concurrency: 5 })];
const LIMITS = { rate_per_s: 100, burst: 200 };
const callsIn = (reply: AcquireReply) => reply.leases.reduce((sum, { requests }) => sum + (requests ?? 0), 0);

/** Branches of one root that can be cut off. A new life of a branch knows nothing of the one before. */
function worldOf() {
  const root = localGate(() => NOW);
  const state = { isCut: false, faults: [] as string[] };
  const reachable = () => {
    if (state.isCut) throw new Error("the root is away");
    return root;
  };
  const live = (name: string, life: string) =>
    new GateBranch({
      name,
      life,
      transit_ms: 3_000,
      now: () => NOW,
      root: () => ({
        acquire: async (request) => reachable().acquire(request),
        settle: async (settlement) => reachable().settle(settlement),
      }),
      onFault: (event) => void state.faults.push(event),
    });
  const used = async () => (await root.view(KEYS)).keys[0]?.requests.used ?? 0;
  return { state, root, live, used };
}

describe("the object of a branch", () => {
  it("lends permits whose leases no root has, out of what the root charged", async () => {
    const { live, used } = worldOf();
    const reply = await live("ten_1/openai/weur-0", "1").acquire(requestOf(KEYS, { waiting: 3 }));
    expect(callsIn(reply)).toBeGreaterThan(0);
    expect(reply.leases.every(({ id }) => id.startsWith("~1-"))).toBe(true);
    expect(await used()).toBeGreaterThanOrEqual(callsIn(reply));
  });

  it("lends no more than the limit together with other branches and its own earlier lives", async () => {
    const { live } = worldOf();
    let lent = 0;
    for (const [name, life] of [
      ["weur-0", "1"],
      ["weur-0", "2"],
      ["enam-0", "1"],
      ["apac-0", "1"],
    ] as const) {
      const reply = await live(name, life).acquire(requestOf(KEYS, { waiting: 9, patience_ms: 0 }));
      lent += callsIn(reply);
    }
    expect(lent).toBeGreaterThan(0);
    expect(lent).toBeLessThanOrEqual(5);
  });

  it("lends what it holds while the root is away, and nothing more", async () => {
    const { state, live, used } = worldOf();
    const branch = live("weur-0", "1");
    const held = await branch.acquire(requestOf(KEYS, { waiting: 1, requests: 4, slots: 4 }));
    const [lease] = held.leases;
    const back: Settlement = { holder: "w1", keys: KEYS, waiting: 0, renewals: [], reports: [], outcomes: [] };
    const charged = await used();
    state.isCut = true;
    const unused = callsIn(held);
    branch.settle({ ...back, reports: [reportOf(lease?.id ?? "", { requests_back: unused, slots_back: unused })] });
    const again = await branch.acquire(requestOf(KEYS, { holder: "w2", waiting: 1, requests: 9, slots: 9 }));
    expect(callsIn(again)).toBeGreaterThan(0);
    expect(callsIn(again)).toBeLessThanOrEqual(charged);
  });

  it("passes a refusal of the root on", async () => {
    const { root, live } = worldOf();
    const refused = { kind: "refused", key: "a", model: "m", status: "credentials" } as const;
    await root.settle({ holder: "w", keys: KEYS, waiting: 0, renewals: [], reports: [], outcomes: [refused] });
    const reply = await live("weur-0", "1").acquire(requestOf(KEYS));
    expect(reply).toMatchObject({ leases: [], refusal: { reason: "unavailable", callers: 1 } });
  });
});

describe("the object of a throttle's branch", () => {
  it("grants what the root granted", async () => {
    const ask = vi.fn(async () => Promise.resolve({ granted: 5, remaining: 195, wait_ms: 0 }));
    const branch = new ThrottleBranch({ now: () => NOW, root: () => ({ ask }) });
    expect(await branch.ask(LIMITS, { spent: 0, unspent: 0, waiting: 3, ahead: 0 })).toMatchObject({ granted: 3 });
    expect(await branch.ask(LIMITS, { spent: 0, unspent: 0, waiting: 2, ahead: 0 })).toMatchObject({ granted: 2 });
  });

  it("does not ask an empty root again while nobody waits", async () => {
    const ask = vi.fn(async () => Promise.resolve({ granted: 0, remaining: 0, wait_ms: 0 }));
    let now = NOW;
    const branch = new ThrottleBranch({ now: () => (now += 1), root: () => ({ ask }) });
    const asks = 30;
    for (let turn = 0; turn < asks; turn += 1) {
      await branch.ask(LIMITS, { spent: 0, unspent: 0, waiting: 1, ahead: 9 });
      now += 20;
    }
    expect(ask.mock.calls.length).toBeLessThanOrEqual(asks);
  });

  it("leaves its isolates without an answer where the root has none", async () => {
    const branch = new ThrottleBranch({
      now: () => NOW,
      root: () => ({ ask: async () => Promise.reject(new Error("the root is away")) }),
    });
    await expect(branch.ask(LIMITS, { spent: 0, unspent: 0, waiting: 1, ahead: 0 })).rejects.toThrow("away");
  });
});
