import { describe, expect, it } from "vitest";
import { Gate } from "../../../src/domain/gate/authority/gate.ts";
import { leaseTimes } from "../../../src/domain/gate/authority/gate-settings.ts";
import { BranchGate } from "../../../src/domain/gate/branch/branch-gate.ts";
import type { AcquireReply, AcquireRequest, KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";

const START = 1_000_000;
const KEY: KeyLimits = { name: "a", version: 1, weight: 1, rpm: 600, tpm: null, max_concurrency: 10 };

function newRoot(): Gate {
  const concurrency = { execution: 100, test: 0 };
  return new Gate({ times: leaseTimes(2_000), strategy: "least_busy", concurrency, epoch: "root", random: () => 0.5 });
}

function newBranch(id: string): BranchGate {
  return new BranchGate({ id, purpose: "execution", epoch: id, transit_ms: 3_000 });
}

function requestOf(holder: string, waiting: number): AcquireRequest {
  const amounts = { waiting, requests: waiting, slots: waiting, first_tokens: 100, mean_tokens: 100 };
  const times = { waited_ms: 0, patience_ms: 5_000, stay_ms: 5_000, hold_ms: 30_000 };
  const call = { purpose: "execution", model: "m", lane: "standard", keys: [KEY], avoid: [] } as const;
  return { ...call, ...amounts, ...times, keys: [KEY], avoid: [], holder, reports: [], outcomes: [] };
}

const NO_USE = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0, used_ago_ms: 0 };

/** Carries the branch's questions to the root, and the answers back. */
function carry(branch: BranchGate, root: Gate, now: number): AcquireReply[] {
  const open = branch.questions(now).map((question) => [root.acquire(question.message, now), question] as const);
  root.takeChanges();
  const replies = new Map(root.takeReplies());
  for (const [ticket, question] of open) {
    const reply = replies.get(ticket);
    if (reply) branch.receive(question, reply, now);
  }
  return branch.takeReplies().map(([, reply]) => reply);
}

function slotsOf(root: Gate, now: number): number {
  return root.view([KEY], now).keys[0]?.concurrency.used ?? 0;
}

describe("a branch of the gate", () => {
  it("lends on what the root lent, and no longer than that", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire(requestOf("w1", 3), START);
    const [reply] = carry(branch, root, START);
    const [lease] = reply?.leases ?? [];
    expect(lease?.slots).toBeGreaterThanOrEqual(1);
    expect(lease?.requests).toBe(lease?.slots);
    expect(lease?.life_ms).toBeLessThanOrEqual(leaseTimes(2_000).slot_life_ms);
    expect(slotsOf(root, START)).toBeGreaterThanOrEqual(lease?.slots ?? Infinity);
  });

  it("lends no more than the root has, whatever its isolates ask for", () => {
    const root = newRoot();
    const branches = [newBranch("b1"), newBranch("b2"), newBranch("b3")];
    let lent = 0;
    for (const [index, branch] of branches.entries()) {
      for (const holder of ["w1", "w2"]) branch.acquire(requestOf(`${index}${holder}`, 8), START);
      lent += carry(branch, root, START)
        .flatMap(({ leases }) => leases)
        .reduce((sum, { slots }) => sum + slots, 0);
    }
    expect(lent).toBeGreaterThan(0);
    expect(lent).toBeLessThanOrEqual(10);
    expect(slotsOf(root, START)).toBeLessThanOrEqual(10);
  });

  it("gives permits back to the root once its isolate has told of their end", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire(requestOf("w1", 2), START);
    const leases = carry(branch, root, START).flatMap((reply) => reply.leases);
    const reports = leases.map(({ id, slots }) => {
      return { ...NO_USE, lease: id, ended: slots, reserved: 100 * slots, spent: 80 * slots, slots_back: slots };
    });
    const settlement = { holder: "w1", keys: [KEY], waiting: 0, renewals: [], reports, outcomes: [] };
    branch.settle(settlement, START + 1_000);
    for (let now = START + 1_500; now <= START + 9_000; now += 500) {
      const told = branch.settlement(now);
      if (!told) continue;
      branch.settled(told, root.settle(told, now), now, now);
    }
    expect(slotsOf(root, START + 9_000)).toBe(0);
    expect(root.view([KEY], START + 9_000).keys[0]?.requests.used).toBe(
      leases.reduce((sum, { slots }) => sum + slots, 0),
    );
  });

  it("leaves its permits charged at the root when its memory is lost", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire(requestOf("w1", 5), START);
    carry(branch, root, START);
    const used = slotsOf(root, START);
    const next = newBranch("b1-2");
    next.acquire(requestOf("w1", 20), START + 100);
    const leases = carry(next, root, START + 100).flatMap((reply) => reply.leases);
    expect(used + leases.reduce((sum, { slots }) => sum + slots, 0)).toBeLessThanOrEqual(10);
  });

  it("lends no permit of a key that an isolate's copy of the keys lacks", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    const at = (configured_at: number, ...names: string[]) => names.map((name) => ({ ...KEY, name, configured_at }));
    // So the free key is the one that the other isolate lacks.
    branch.acquire({ ...requestOf("w1", 3), keys: at(2, "b", "c"), avoid: ["b"] }, START);
    carry(branch, root, START);
    branch.acquire({ ...requestOf("w2", 3), keys: at(1, "a", "c") }, START + 1);
    const leases = carry(branch, root, START + 1).flatMap((reply) => reply.leases);
    expect(leases.map(({ key }) => key)).toEqual(["c"]);
  });

  it("tells an isolate that asks ahead when there is nothing, so that it does not ask again at once", () => {
    const branch = newBranch("b1");
    branch.acquire({ ...requestOf("w1", 0), requests: 5 }, START);
    const [, reply] = branch.takeReplies()[0] ?? [];
    expect(reply).toMatchObject({ leases: [], refusal: { reason: "limited", callers: 0 } });
  });

  it("has an isolate that knows none of the present keys read them anew", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire({ ...requestOf("w1", 1), keys: [{ ...KEY, name: "b", configured_at: 2 }] }, START);
    carry(branch, root, START);
    branch.acquire({ ...requestOf("w2", 3), keys: [{ ...KEY, configured_at: 1 }] }, START + 1);
    const [, reply] = branch.takeReplies()[0] ?? [];
    expect(reply).toMatchObject({ leases: [], refusal: { reason: "outdated", callers: 3 } });
  });

  it("is in the root's view with what it holds, beside the other branches", () => {
    const [root, branches] = [newRoot(), [newBranch("b1"), newBranch("b2")]];
    let lent = 0;
    for (const branch of branches) {
      branch.acquire(requestOf("w1", 3), START);
      lent += carry(branch, root, START)
        .flatMap(({ leases }) => leases)
        .reduce((sum, { slots }) => sum + slots, 0);
    }
    expect(lent).toBeGreaterThanOrEqual(2);
    expect(slotsOf(root, START)).toBeGreaterThanOrEqual(lent);
  });

  it("tells the root of ended calls within 100 ms while callers wait", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire(requestOf("w1", 2), START);
    const [lease] = carry(branch, root, START).flatMap((reply) => reply.leases);
    branch.acquire(requestOf("w2", 50), START + 10);
    const calls = lease?.slots ?? 0;
    const used = { ended: calls, reserved: 100 * calls, spent: 100 * calls, slots_back: calls };
    const reports = [{ ...NO_USE, ...used, lease: lease?.id ?? "" }];
    branch.settle({ holder: "w1", keys: [KEY], waiting: 0, renewals: [], reports, outcomes: [] }, START + 20);
    expect(branch.dueAt(START + 20)).toBeLessThanOrEqual(START + 120);
    expect(branch.settlement(START + 120)?.reports).toMatchObject([{ ended: calls }]);
  });

  it("keeps at the root what a call under way has reserved, whichever of its isolate's calls ends first", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    const keys = [{ ...KEY, rpm: null, tpm: 1_000_000 }];
    branch.acquire({ ...requestOf("w1", 3), keys, first_tokens: 9_000, mean_tokens: 3_100 }, START);
    const [lease] = carry(branch, root, START).flatMap((reply) => reply.leases);
    const told = { ...NO_USE, ended: 2, reserved: 300, spent: 300, lease: lease?.id ?? "" };
    branch.settle({ holder: "w1", keys, waiting: 0, renewals: [], reports: [told], outcomes: [] }, START + 100);
    for (let now = START + 200; now <= START + 9_000; now += 200) {
      const settlement = branch.settlement(now);
      if (settlement) branch.settled(settlement, root.settle(settlement, now), now, now);
    }
    const used = root.view(keys, START + 9_000).keys[0]?.tokens.used ?? 0;
    expect(used).toBeGreaterThanOrEqual((lease?.tokens ?? Infinity) - 300);
  });

  it("asks the root at once for the high lane, whatever calls have slots in use in its isolates", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire({ ...requestOf("w1", 1), lane: "batch", hold_ms: 300_000 }, START);
    expect(carry(branch, root, START)).toHaveLength(1);
    branch.acquire({ ...requestOf("w2", 1), lane: "high" }, START + 10);
    expect(carry(branch, root, START + 10)).toMatchObject([{ leases: [{ slots: 1 }] }]);
  });

  it("says how long a caller would wait, as the root said last, where its time is up before an answer", () => {
    const branch = newBranch("b1");
    branch.acquire({ ...requestOf("w1", 1), patience_ms: 1_000, stay_ms: 1_000 }, START);
    const [question] = branch.questions(START);
    if (!question) throw new Error("no question");
    branch.receive(question, { leases: [], refusal: null, held_ms: 0, wait_ms: 40_000 }, START + 100);
    branch.wake(START + 1_000);
    expect(branch.takeReplies()).toMatchObject([["b1", { leases: [], refusal: null, wait_ms: 40_000 }]]);
  });

  it("tells the root how new its keys are, though they are the same as before", () => {
    const branch = newBranch("b1");
    const keysAt = (configured_at: number) => [{ ...KEY, configured_at }];
    branch.acquire({ ...requestOf("w1", 1), keys: keysAt(10) }, START);
    branch.acquire({ ...requestOf("w2", 1), keys: keysAt(20) }, START + 1);
    expect(branch.questions(START + 1)).toMatchObject([{ message: { keys: keysAt(20) } }]);
    branch.acquire({ ...requestOf("w3", 1), keys: [KEY], lane: "high" }, START + 2);
    expect(branch.questions(START + 2)).toMatchObject([{ message: { keys: keysAt(20) } }]);
  });

  it("says that others may wait for its permits where the root says so", () => {
    const leasesFor = (limits: Partial<KeyLimits>) => {
      const [root, branch] = [newRoot(), newBranch("b1")];
      branch.acquire({ ...requestOf("w1", 1), keys: [{ ...KEY, ...limits }] }, START);
      return carry(branch, root, START).flatMap(({ leases }) => leases);
    };
    expect(leasesFor({ max_concurrency: 10 })).toMatchObject([{ scarce: true }]);
    expect(leasesFor({ max_concurrency: null })).toMatchObject([{ scarce: false }]);
  });

  it("lends nothing that ends before its isolate can use it, not even to a caller that waits", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire(requestOf("w1", 1), START);
    const [lease] = carry(branch, root, START).flatMap((reply) => reply.leases);
    const [id, ends] = [lease?.id ?? "", START + (lease?.life_ms ?? 0)];
    // The call was not sent, and its permit comes back when the branch's own lease has 300 ms left.
    const reports = [{ ...NO_USE, lease: id, requests_back: 1, slots_back: 1 }];
    branch.settle({ holder: "w1", keys: [KEY], waiting: 0, renewals: [], reports, outcomes: [] }, ends - 300);
    branch.acquire(requestOf("w2", 1), ends - 300);
    const [reply] = carry(branch, root, ends - 300);
    expect(reply?.leases.map(({ life_ms }) => life_ms >= 500)).toEqual([true]);
  });

  it("renews no lease and says so: further requests would take slots that nobody uses", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    branch.acquire({ ...requestOf("w1", 1), requests: 5, slots: 5 }, START);
    const [lease] = carry(branch, root, START).flatMap((reply) => reply.leases);
    expect(lease?.renewable).toBe(false);
    const renewals = [{ lease: lease?.id ?? "", requests: 3, tokens: 300 }];
    const settlement = { holder: "w1", keys: [KEY], waiting: 0, renewals, reports: [], outcomes: [] };
    expect(branch.settle(settlement, START + 1)).toEqual([]);
  });

  it("counts a call that its isolates expect once, however often they say so", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    for (let asked = 0; asked < 50; asked += 1) {
      branch.acquire({ ...requestOf("w1", 0), requests: 10, slots: 10 }, START + asked);
      branch.takeReplies();
    }
    branch.acquire(requestOf("w1", 1), START + 50);
    const [question] = branch.questions(START + 50);
    expect(question?.message.requests).toBeLessThanOrEqual(2);
    expect(carry(branch, root, START + 50)).toEqual([]);
  });

  it("passes the root's refusal on", () => {
    const [root, branch] = [newRoot(), newBranch("b1")];
    const refused = { kind: "refused", key: "a", model: "m", status: "credentials" } as const;
    const none = { holder: "w0", keys: [KEY], waiting: 0, renewals: [], reports: [], outcomes: [refused] };
    root.settle(none, START);
    branch.acquire(requestOf("w1", 2), START);
    const [reply] = carry(branch, root, START);
    expect(reply?.leases).toEqual([]);
    expect(reply?.refusal).toEqual({ reason: "unavailable", callers: 2 });
  });
});
