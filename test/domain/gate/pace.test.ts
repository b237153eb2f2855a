import { describe, expect, it } from "vitest";
import { BranchGate } from "../../../src/domain/gate/branch/branch-gate.ts";
import type { GateCaller } from "../../../src/domain/gate/client/caller-group.ts";
import { GateClient } from "../../../src/domain/gate/client/gate-client.ts";
import { GatePace } from "../../../src/domain/gate/gate-pace.ts";
import type { Lane } from "../../../src/domain/lane.ts";
import type { Lease } from "../../../src/domain/gate/protocol/messages.ts";
import { OBJECT_TIMES } from "../../../src/domain/pace.ts";
import { gateWithDisk, keyOf, leaseOf, NOW, replyWith, requestOf } from "./support.ts";

const KEYS = [keyOf("a"), keyOf("b")];
const HOLD_MS = 10_000;

/** A client whose gate has told it a pace of 400 ms just now, with leases. */
function pacedClient(leases: Lease[] = []) {
  const client = new GateClient("w1", "execution", () => KEYS);
  const arrive = (now: number, lane: Lane = "standard", patient = true) => {
    const times = { since: now, deadline: patient ? now + 30_000 : now, hold_ms: HOLD_MS };
    const caller: GateCaller = { model: "m", lane, tokens: 1, avoid: [], ...times, patient };
    return client.queue.arrive(caller, now);
  };
  arrive(NOW);
  const [question] = client.questions(NOW);
  if (!question) throw new Error("no question");
  client.receive(question, replyWith([leaseOf({ id: "first", requests: 1 }), ...leases], { pace_ms: 400 }), NOW);
  return { client, arrive };
}

/** What a gate's clients do in a second: each asks ten times. */
function paceWith(holders: number): number {
  const pace = new GatePace(OBJECT_TIMES);
  for (let at = 0; at < 5_000; at += 100) {
    for (let holder = 0; holder < holders; holder += 1) {
      pace.begin(`w${holder}`);
      pace.end(false, NOW + at);
    }
  }
  return pace.ms(NOW + 5_000);
}

describe("the pace of a gate", () => {
  it("is none while few ask, and as long as many need", () => {
    expect(paceWith(20)).toBe(0);
    expect(paceWith(100)).toBeGreaterThan(100);
    expect(paceWith(1_000)).toBe(1_000);
  });

  it("is in the root's replies once it is busy", () => {
    const gate = gateWithDisk({ concurrency: { execution: 1_000, test: 0 } });
    const paces = Array.from({ length: 400 }, (_, at) => {
      return gate.ask(requestOf(KEYS, { holder: `w${at % 100}` }), NOW + 2 * at).reply?.pace_ms;
    });
    expect(paces[0]).toBeUndefined();
    expect(paces.at(-1)).toBeGreaterThan(100);
  });

  /** A branch that is asked by a hundred holders, and the replies with a pace that it gave. */
  function busyBranch() {
    const branch = new BranchGate({ id: "b", purpose: "execution", epoch: "~b", transit_ms: 3_000 });
    let paced = 0;
    for (let at = 0; at < 1_000; at += 1) {
      branch.acquire(requestOf(KEYS, { holder: `w${at % 100}`, waiting: 0, requests: 4 }), NOW + at);
      paced += branch.takeReplies().filter(([, { pace_ms = 0 }]) => pace_ms > 100).length;
    }
    return { branch, paced };
  }

  it("is in a branch's replies, which waits for permits for all callers of a question then", () => {
    const { branch, paced } = busyBranch();
    expect(paced).toBeGreaterThan(50);
    const ticket = branch.acquire(requestOf(KEYS, { waiting: 3 }), NOW + 1_000);
    const [question] = branch.questions(NOW + 1_000);
    if (!question) throw new Error("no question");
    branch.receive(question, replyWith([leaseOf({ requests: 1 })]), NOW + 1_010);
    expect(branch.takeReplies()).toEqual([]);
    expect(branch.dueAt(NOW + 1_010)).toBeLessThanOrEqual(NOW + 1_400);
    branch.wake(NOW + 1_400);
    const [[answeredTicket, reply] = []] = branch.takeReplies();
    expect([answeredTicket, reply?.leases.map(({ requests }) => requests)]).toEqual([ticket, [1]]);
  });

  it.each([
    ["standard", 30_000, 100, 400],
    ["high", 30_000, 10, 100],
    ["standard", 0, 0, 0],
  ] as const)("lets a branch gather for callers of the %s lane with %i ms of patience for %i to %i ms", (...of) => {
    const [lane, patience_ms, least, most] = of;
    const { branch } = busyBranch();
    branch.acquire(requestOf(KEYS, { waiting: 3, lane, patience_ms }), NOW + 1_000);
    const [question] = branch.questions(NOW + 1_000);
    if (!question) throw new Error("no question");
    branch.receive(question, replyWith([leaseOf({ requests: 1, lane })]), NOW + 1_000);
    let ms = 0;
    while (branch.takeReplies().length === 0) branch.wake(NOW + 1_000 + (ms += 5));
    expect(ms).toBeGreaterThanOrEqual(least);
    expect(ms).toBeLessThanOrEqual(most);
  });
});

describe("a holder that was told a pace", () => {
  it("gathers callers, asks for all of them at once, and looks for that in time", () => {
    const { client, arrive } = pacedClient();
    for (const ms of [10, 200, 399]) {
      arrive(NOW + ms);
      expect(client.questions(NOW + ms)).toEqual([]);
      expect(client.dueAt(NOW + ms)).toBe(NOW + 400);
    }
    expect(client.questions(NOW + 400).map(({ request }) => request.waiting)).toEqual([3]);
  });

  it("does not keep one that it was told five seconds ago, nor one that an answer ends", () => {
    const { client, arrive } = pacedClient();
    arrive(NOW + 400);
    const [question] = client.questions(NOW + 400);
    if (!question) throw new Error("no question");
    client.receive(question, replyWith([leaseOf({ id: "next", requests: 1 })]), NOW + 410);
    arrive(NOW + 420);
    expect(client.questions(NOW + 420)).toHaveLength(1);
  });

  it("does not wait for an hour where its clock is set back by that", () => {
    const { client, arrive } = pacedClient();
    arrive(NOW - 3_600_000);
    expect(client.questions(NOW - 3_600_000)).toHaveLength(1);
  });

  it("asks for a caller of the high lane after a quarter of it, and for an impatient one at once", () => {
    const { client, arrive } = pacedClient();
    arrive(NOW + 10, "high");
    expect(client.questions(NOW + 99)).toEqual([]);
    expect(client.dueAt(NOW + 99)).toBe(NOW + 100);
    expect(client.questions(NOW + 100)).toHaveLength(1);
    const other = pacedClient();
    other.arrive(NOW + 10, "standard", false);
    expect(other.client.questions(NOW + 10)).toHaveLength(1);
  });

  it.each([
    ["of the high lane", "high", true],
    ["without patience", "standard", false],
  ] as const)("asks for the others in their time, however many callers %s come", (_name, lane, patient) => {
    const { client, arrive } = pacedClient();
    arrive(NOW + 10, "batch");
    arrive(NOW + 10);
    const asked: string[] = [];
    for (let ms = 20; ms <= 400; ms += 20) {
      arrive(NOW + ms, lane, patient);
      for (const question of client.questions(NOW + ms)) {
        const { request } = question;
        asked.push(`${request.lane} ${request.stay_ms > 0 ? "patient" : "impatient"} ${ms}`);
        const refusal = { reason: "limited", callers: request.waiting } as const;
        client.receive(question, replyWith([], { refusal, pace_ms: 400 }), NOW + ms);
      }
    }
    expect(asked.length).toBeGreaterThan(3);
    expect(asked).toContain("standard patient 400");
  });

  it("tells of a limited key at once, and makes no caller wait longer for that", () => {
    const { client, arrive } = pacedClient();
    client.outcomes.add({ kind: "limited", key: "a", model: "m", retry_after_ms: 100 });
    expect(client.settlement(NOW + 50)?.outcomes).toHaveLength(1);
    arrive(NOW + 60);
    expect(client.questions(NOW + 400)).toHaveLength(1);
  });

  it("keeps the end of a call for the next message, and tells that of a probe in its time", () => {
    const need = { model: "m", lane: "standard", tokens: 1, hold_ms: HOLD_MS, avoid: [] } as const;
    const told = (lease: Lease) => {
      const { client } = pacedClient([lease]);
      client.holder.tidy(NOW);
      const permit = client.holder.take({ ...need, avoid: ["a"] }, NOW);
      if (!permit) throw new Error("no permit");
      client.holder.tidy(NOW);
      client.holder.end(permit, NOW, 1, NOW + 50);
      client.questions(NOW);
      return client;
    };
    const of = { id: "b", key: "b", requests: 1, scarce: true, life_ms: 20_000 };
    const usual = told(leaseOf({ ...of, renewable: false }));
    expect(usual.settlement(NOW + 399, true)).toBeNull();
    expect(usual.settlement(NOW + 400, true)?.reports.map(({ lease }) => lease)).toContain("b");
    const probe = told(leaseOf({ ...of, probe: true }));
    expect(probe.holder.urgentAt()).toBeLessThanOrEqual(NOW + 550);
    expect(usual.holder.urgentAt()).toBe(Infinity);
  });

  it("asks for the renewal of a lease that ends before the next message", () => {
    const { client, arrive } = pacedClient([leaseOf({ id: "b", requests: 5, slots: 1, scarce: true, life_ms: 500 })]);
    expect(arrive(NOW)).not.toBeNull();
    expect(client.dueAt(NOW + 90)).toBe(NOW + 100);
    expect(client.settlement(NOW + 100)?.renewals.map(({ lease }) => lease)).toEqual(["b"]);
  });

  it("gives slots back at once that the gate asked for", () => {
    const { client, arrive } = pacedClient([leaseOf({ id: "b", requests: 5, slots: 2, scarce: true, life_ms: 500 })]);
    arrive(NOW);
    const settlement = client.settlement(NOW + 100);
    if (!settlement) throw new Error("no renewal");
    const renewed = { lease: "b", life_ms: 4_000, leave: 1, requests: 0, tokens: 0 };
    client.settle(settlement, [renewed], NOW + 100, NOW + 110);
    expect(client.settlement(NOW + 110)?.reports).toMatchObject([{ slots_back: 1 }]);
  });
});
