import { describe, expect, it } from "vitest";
import { LeaseHolder } from "../../../src/domain/gate/client/lease-holder.ts";
import { KIND, leaseOf, NOW, replyWith } from "./support.ts";

const need = { model: "m", lane: "standard", tokens: 1, avoid: [] as string[] } as const;

describe("a lease holder", () => {
  it("counts a lease's life from before it was asked for, however long the answer travelled", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf()], { held_ms: 500 }), KIND, NOW, NOW + 1_500);
    expect(holder.take(need, NOW + 2_499)).not.toBeNull();
    const late = new LeaseHolder();
    late.receive(replyWith([leaseOf()], { held_ms: 500 }), KIND, NOW, NOW + 1_500);
    expect(late.take(need, NOW + 2_500)).toBeNull();
  });

  it("uses a slot again and a permit once, and gives back what is left", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf({ requests: 3 })]), KIND, NOW, NOW);
    const first = holder.take(need, NOW);
    expect([first?.key, holder.take(need, NOW)]).toEqual(["a", null]);
    if (first) holder.end(first, NOW, 10, NOW + 100);
    const second = holder.take(need, NOW + 100);
    if (second) holder.cancel(second, NOW + 110);
    holder.tidy(NOW + 2_000);
    const [report] = holder.reports(NOW + 2_000);
    expect(report).toMatchObject({ ended: 1, spent: 10, requests_back: 2, slots_back: 1, used_ago_ms: 1_900 });
  });

  it("tells a branch soon of a slot that can serve no call here, where others may wait for it", () => {
    const toldAt = (lease: Parameters<typeof leaseOf>[0]) => {
      const holder = new LeaseHolder();
      holder.receive(replyWith([leaseOf({ requests: 1, ...lease })]), KIND, NOW, NOW);
      const permit = holder.take(need, NOW);
      if (permit) holder.end(permit, NOW, 1, NOW + 100);
      return holder.dueAt();
    };
    expect(toldAt({ id: "~life-1", scarce: true })).toBe(NOW + 150);
    expect(toldAt({ id: "~life-1", requests: 2, scarce: true })).toBe(NOW + 500);
    expect(toldAt({ id: "~life-1" })).toBe(NOW + 3_100);
    expect(toldAt({ id: "root-1", scarce: true })).toBe(NOW + 500);
  });

  it("lets no call be sent after the end of its lease, or after the key was dropped", () => {
    const taken = () => {
      const holder = new LeaseHolder();
      holder.receive(replyWith([leaseOf({ requests: 3, tokens: 10 })]), KIND, NOW, NOW);
      const permit = holder.take(need, NOW);
      if (!permit) throw new Error("no permit");
      return { holder, permit };
    };
    const { holder, permit } = taken();
    expect(holder.send(permit, NOW + 1_999)).toBe(true);
    expect(holder.send(permit, NOW + 2_000)).toBe(false);
    holder.cancel(permit, NOW + 2_000);
    holder.tidy(NOW + 2_000);
    expect(holder.reports(NOW + 2_000)).toMatchObject([{ ended: 0, requests_back: 3, tokens_back: 10 }]);
    const dropped = taken();
    dropped.holder.drop("a", NOW + 10);
    expect(dropped.holder.send(dropped.permit, NOW + 20)).toBe(false);
  });

  it("lets a call be sent whose lease was used up meanwhile, until the lease ends or its key is dropped", () => {
    const taken = () => {
      const holder = new LeaseHolder();
      holder.receive(replyWith([leaseOf({ requests: 1, renewable: false, scarce: true })]), KIND, NOW, NOW);
      const permit = holder.take(need, NOW);
      // A question or a report goes out while the execution goes on record.
      holder.tidy(NOW + 100);
      if (!permit) throw new Error("no permit");
      return { holder, permit };
    };
    const { holder, permit } = taken();
    expect(holder.send(permit, NOW + 1_999)).toBe(true);
    expect(holder.send(permit, NOW + 2_000)).toBe(false);
    const dropped = taken();
    dropped.holder.drop("a", NOW + 200);
    expect(dropped.holder.send(dropped.permit, NOW + 300)).toBe(false);
  });

  it("asks for no renewal of a lease that is not renewed", () => {
    const holder = new LeaseHolder();
    holder.observeCall(KIND, NOW);
    holder.receive(replyWith([leaseOf({ requests: 1, scarce: true })]), KIND, NOW, NOW);
    holder.receive(replyWith([leaseOf({ id: "b", requests: 1, scarce: true, renewable: false })]), KIND, NOW, NOW);
    for (let calls = 0; calls < 2; calls += 1) holder.take(need, NOW);
    const renewals = holder.renewals(
      () => 1,
      () => true,
      NOW,
    );
    expect(renewals.map(({ lease }) => lease)).toEqual(["l"]);
  });

  it("tells what became of a lease that counts nothing once, when the lease is over", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf({ requests: null, life_ms: 10_000 })]), KIND, NOW, NOW);
    for (const at of [NOW, NOW + 4_000]) {
      const permit = holder.take(need, at);
      if (permit) holder.end(permit, at, 10, at + 500);
    }
    expect(holder.dueAt()).toBe(NOW + 13_000);
    expect([holder.tidy(NOW + 13_000), holder.dueAt()]).toEqual([false, NOW + 16_000]);
    expect(holder.tidy(NOW + 16_000)).toBe(true);
    expect(holder.reports(NOW + 16_000)).toMatchObject([{ ended: 2, spent: 20, slots_back: 1 }]);
  });

  it("counts the longest call from when it was sent", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf()]), { hold_ms: 1_000 }, NOW, NOW);
    const permit = holder.take({ ...need, hold_ms: 1_000 }, NOW);
    if (permit) holder.send(permit, NOW + 1_500);
    expect(holder.endVanished(NOW + 1_500 + 5_999)).toBe(false);
    expect(holder.endVanished(NOW + 1_500 + 6_000)).toBe(true);
    const [report] = holder.reports(NOW + 7_500);
    expect(report?.used_ago_ms).toBe(7_500 - 1_500 - 3_000);
  });

  it("reports again what was not confirmed, and nothing twice that was", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf()]), KIND, NOW, NOW);
    const permit = holder.take(need, NOW);
    if (permit) holder.end(permit, NOW, 1, NOW + 5);
    expect(holder.reports(NOW + 10)).toHaveLength(1);
    const again = holder.reports(NOW + 20);
    expect(again).toHaveLength(1);
    holder.confirm(again);
    expect(holder.reports(NOW + 30)).toEqual([]);
  });

  it("lets no call out of a lease that may last longer than the gate keeps the lease's slots", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf()]), KIND, NOW, NOW);
    expect(holder.take({ ...need, hold_ms: 120_000 }, NOW)).toBeNull();
    expect(holder.take({ ...need, lane: "high", hold_ms: 120_000 }, NOW)).toBeNull();
    expect(holder.hasSlotComing({ ...KIND, hold_ms: 120_000 })).toBe(false);
    holder.receive(replyWith([leaseOf({ id: "long" })]), { hold_ms: 120_000 }, NOW, NOW);
    expect(holder.take({ ...need, hold_ms: 120_000 }, NOW)?.lease).toBe("long");
  });

  it("keeps the slots for long calls from the shorter calls of the lane, but not from the high lane", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf()]), { hold_ms: 120_000 }, NOW, NOW);
    expect(holder.take(need, NOW)).toBeNull();
    expect(holder.take({ ...need, lane: "high", hold_ms: 30_000 }, NOW)?.lease).toBe("l");
  });

  it("keeps the leases of the high lane from other lanes", () => {
    const holder = new LeaseHolder();
    holder.receive(replyWith([leaseOf({ lane: "high" })]), KIND, NOW, NOW);
    expect(holder.take(need, NOW)).toBeNull();
  });
});
