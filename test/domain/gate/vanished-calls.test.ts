import { describe, expect, it } from "vitest";
import type { GateCaller } from "../../../src/domain/gate/client/caller-group.ts";
import { GateClient } from "../../../src/domain/gate/client/gate-client.ts";
import { LeaseHolder } from "../../../src/domain/gate/client/lease-holder.ts";
import type { Permit } from "../../../src/domain/gate/client/permit.ts";
import { LANE_RULES } from "../../../src/domain/gate/lanes.ts";
import { gateWithDisk, keyOf, KIND, leaseOf, NOW, replyWith } from "./support.ts";

const LONGEST_MS = LANE_RULES.standard.timeout_ms;
/** How long after its lane's longest call a permit is over at the latest. */
const MARGIN_MS = 5_000;
const TICK_MS = 50;
const KEYS = [keyOf("a", { max_concurrency: 2 })];
const need = { model: "m", lane: "standard", tokens: 7, avoid: [] as string[] } as const;
const caller = (now: number): GateCaller => ({
  ...need,
  avoid: [],
  since: now,
  deadline: now + 30_000,
  hold_ms: LONGEST_MS,
  patient: true,
});

/** A lease's life. A settlement in it ends permits that are over. */
const LIFE_MS = 4_000;
/** The time from the sending of a call until its provider counts it. */
const TRANSIT_MS = 3_000;

/**
 * Workers and their gate under one clock, without a network between them. Every tick looks whether
 * something is due, and every two seconds a waiting caller looks for what vanished, as the requests
 * that are alive do.
 */
function worldOf() {
  const gate = gateWithDisk();
  let now = NOW;
  const worker = (id: string) => {
    const client = new GateClient<GateCaller>(id, "execution", () => KEYS);
    const permits: Permit[] = [];
    const pending = new Map<string, () => void>();
    const take = (results: ReturnType<typeof client.queue.serve>) => {
      for (const result of results) if ("permit" in result) permits.push(result.permit);
    };
    return {
      client,
      permits,
      arrive(): void {
        const permit = client.queue.arrive(caller(now), now);
        if (permit) permits.push(permit);
      },
      tick(): void {
        for (const question of client.questions(now)) {
          const { ticket, reply } = gate.ask(question.message, now);
          const receive = () => {
            const late = gate.replyTo(ticket);
            if (!late) return;
            pending.delete(ticket);
            take(client.receive(question, late, now));
          };
          if (reply) take(client.receive(question, reply, now));
          else pending.set(ticket, receive);
        }
        for (const receive of pending.values()) receive();
        const settlement = (client.dueAt(now) ?? Infinity) <= now ? client.settlement(now) : null;
        if (settlement) client.settle(settlement, gate.settle(settlement, now), now, now);
        if (client.queue.size > 0 && now % 2_000 === 0) client.holder.endVanished(now);
        take(client.queue.serve(now));
      },
    };
  };
  return {
    gate,
    worker,
    now: () => now,
    run(ms: number, ...workers: { tick(): void }[]): void {
      for (const end = now + ms; now < end; now += TICK_MS) {
        gate.wake(now);
        for (const each of workers) each.tick();
      }
    },
  };
}

describe("calls whose requests the platform cancelled", () => {
  it("hold their slots no longer than their lane's longest call, for callers of the same Worker", () => {
    const world = worldOf();
    const worker = world.worker("w1");
    worker.arrive();
    worker.arrive();
    world.run(100, worker);
    expect(worker.permits).toHaveLength(2);
    // Nobody ends the two calls, and the Worker goes on living.
    world.run(LONGEST_MS - 1_000, worker);
    worker.arrive();
    worker.arrive();
    world.run(1_000 - 200, worker);
    expect(worker.permits).toHaveLength(2);
    world.run(MARGIN_MS + 2_000, worker);
    expect(worker.permits).toHaveLength(4);
    expect(world.gate.view(KEYS, world.now()).concurrency.used).toBe(2);
  });

  it("leave no slot in use when nobody else comes", () => {
    const world = worldOf();
    const worker = world.worker("w1");
    worker.arrive();
    worker.arrive();
    world.run(600_000, worker);
    expect(world.gate.view(KEYS, world.now()).concurrency.used).toBe(0);
    expect(worker.client.isIdle()).toBe(true);
  });

  it("hold their slots no longer than their lane's longest call, for callers of other Workers", () => {
    const world = worldOf();
    const [worker, other] = [world.worker("w1"), world.worker("w2")];
    worker.arrive();
    worker.arrive();
    world.run(LONGEST_MS, worker, other);
    other.arrive();
    other.arrive();
    world.run(MARGIN_MS + LIFE_MS + 1_000, worker, other);
    expect(other.permits).toHaveLength(2);
  });

  it("hold their slots no longer, even if their Worker dies as well before they are over", () => {
    const world = worldOf();
    const worker = world.worker("w1");
    worker.arrive();
    worker.arrive();
    world.run(LONGEST_MS - 1_000, worker);
    // From now on nothing of the Worker runs, and nobody tells the gate.
    world.run(1_000 + TRANSIT_MS + 2 * LIFE_MS);
    expect(world.gate.view(KEYS, world.now()).concurrency.used).toBe(0);
  });

  it("do not keep their lease, although the Worker has callers of another lane", () => {
    const world = worldOf();
    const worker = world.worker("w1");
    worker.arrive();
    world.run(100, worker);
    for (let seconds = 0; seconds < 60; seconds += 2) {
      const other = worker.client.queue.arrive({ ...caller(world.now()), lane: "batch" }, world.now());
      world.run(1_000, worker);
      const permit = other ?? worker.permits.at(-1);
      if (permit?.lane !== "batch") throw new Error("no permit");
      worker.client.holder.end(permit, world.now(), 7, world.now());
      world.run(1_000, worker);
    }
    const [vanished] = worker.permits;
    const leases = world.gate.leases().filter(({ id }) => id === vanished?.lease);
    expect(leases.map(({ hold_until }) => hold_until - NOW)).toEqual([expect.any(Number)]);
    expect(leases[0]?.hold_until).toBeLessThanOrEqual(NOW + LONGEST_MS + TRANSIT_MS + 2 * LIFE_MS);
  });

  it("count with the tokens that they reserved", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf({ slots: 2, tokens: 100 })]), KIND, NOW, NOW);
    holder.take(need, NOW);
    expect(holder.endVanished(NOW + LONGEST_MS + MARGIN_MS - 1)).toBe(false);
    expect(holder.endVanished(NOW + LONGEST_MS + MARGIN_MS)).toBe(true);
    const [report] = holder.reports(NOW + LONGEST_MS + MARGIN_MS);
    expect(report).toMatchObject({ ended: 1, reserved: 7, spent: 7 });
  });

  it("are counted once, even if one of them ends after all", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf({ requests: null, slots: 1 })]), KIND, NOW, NOW);
    const permit = holder.take(need, NOW);
    if (!permit) throw new Error("no permit");
    const late = NOW + LONGEST_MS + MARGIN_MS;
    holder.tidy(late);
    holder.end(permit, NOW, 5_000, late + 1);
    holder.cancel(permit, late + 2);
    holder.end(permit, NOW, 5_000, late + 3);
    const [report] = holder.reports(late + 4);
    expect(report).toMatchObject({ ended: 1, spent: 7, slots_back: 1 });
  });

  it("are over after the time that the call itself may take, where it states one", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf()]), { hold_ms: 1_000 }, NOW, NOW);
    holder.receive(replyWith([leaseOf({ id: "long" })]), { hold_ms: 300_000 }, NOW, NOW);
    holder.take({ ...need, hold_ms: 1_000 }, NOW);
    holder.take({ ...need, lane: "high", hold_ms: 300_000 }, NOW);
    expect(holder.endVanished(NOW + 1_000 + MARGIN_MS)).toBe(true);
    expect(holder.endVanished(NOW + 300_000 + MARGIN_MS - 1)).toBe(false);
    expect(holder.endVanished(NOW + 300_000 + MARGIN_MS)).toBe(true);
  });
});

describe("calls that were aborted", () => {
  const SEEN_MS = 500;
  const aborted = (agoMs: number) => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf({ requests: 5, life_ms: 60_000 })]), KIND, NOW, NOW);
    const permit = holder.take(need, NOW);
    if (!permit) throw new Error("no permit");
    holder.abort(permit, NOW, 3, NOW + agoMs);
    return { holder, permit };
  };

  it.each([
    ["while its request may still be on its way", 100, TRANSIT_MS + SEEN_MS],
    ["while the abort may still be on its way", 20_000, 20_000 + SEEN_MS],
  ])("keep their slot %s, and no longer", (_case, abortedAfter, freeAfter) => {
    const { holder } = aborted(abortedAfter);
    expect(holder.take(need, NOW + abortedAfter)).toBeNull();
    expect(holder.endVanished(NOW + freeAfter - 1)).toBe(false);
    expect(holder.dueAt()).toBeLessThanOrEqual(NOW + freeAfter);
    expect(holder.endVanished(NOW + freeAfter)).toBe(true);
    expect(holder.take(need, NOW + freeAfter)).not.toBeNull();
  });

  it("count once, with the tokens that they took", () => {
    const { holder, permit } = aborted(100);
    const free = NOW + TRANSIT_MS + SEEN_MS;
    holder.end(permit, NOW, 7, NOW + 200);
    expect(holder.reports(NOW + 200)).toEqual([]);
    holder.endVanished(free);
    holder.abort(permit, NOW, 7, free);
    holder.endVanished(free + LONGEST_MS);
    expect(holder.reports(free)).toMatchObject([{ ended: 1, reserved: 7, spent: 3 }]);
  });

  it("give their slot to a caller that waits", () => {
    const world = worldOf();
    const worker = world.worker("w1");
    for (let callers = 0; callers < 3; callers++) worker.arrive();
    world.run(100, worker);
    const [permit] = worker.permits;
    if (!permit) throw new Error("no permit");
    worker.client.holder.abort(permit, world.now(), 7, world.now());
    world.run(TRANSIT_MS, worker);
    expect(worker.permits).toHaveLength(2);
    world.run(SEEN_MS + 2 * TICK_MS, worker);
    expect(worker.permits).toHaveLength(3);
  });
});

describe("callers whose requests the platform cancelled while they waited", () => {
  it("are refused once their time is up, so that nobody asks for them any more", () => {
    const world = worldOf();
    const worker = world.worker("w1");
    for (let callers = 0; callers < 5; callers++) worker.arrive();
    expect(worker.client.queue.refuseVanished(NOW + 34_999)).toEqual([]);
    const refused = worker.client.queue.refuseVanished(NOW + 36_000);
    expect(refused.map((result) => "refusal" in result && result.refusal.reason)).toEqual(Array(5).fill("limited"));
    expect(worker.client.queue.size).toBe(0);
  });

  it("wait for the gate's answer as long as their call may last, where they have no patience", () => {
    const client = new GateClient<GateCaller>("w1", "execution", () => KEYS);
    client.queue.arrive({ ...caller(NOW), deadline: NOW, patient: false }, NOW);
    expect(client.queue.refuseVanished(NOW + LONGEST_MS)).toEqual([]);
    expect(client.queue.refuseVanished(NOW + LONGEST_MS + MARGIN_MS)).toHaveLength(1);
  });
});
