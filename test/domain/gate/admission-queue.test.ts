import { describe, expect, it } from "vitest";
import { AdmissionQueue } from "../../../src/domain/gate/client/admission-queue.ts";
import type { GateCaller } from "../../../src/domain/gate/client/caller-group.ts";
import { LeaseHolder } from "../../../src/domain/gate/client/lease-holder.ts";
import { KIND, leaseOf, NOW, replyWith } from "./support.ts";

const need = { model: "m", lane: "standard", tokens: 1, avoid: [] as string[] } as const;

describe("an admission queue", () => {
  const caller = (since: number): GateCaller => ({
    model: "m",
    lane: "standard",
    tokens: 1,
    avoid: [],
    since,
    deadline: since + 9_000,
    hold_ms: KIND.hold_ms,
    patient: true,
  });

  it("sends one request for all waiting callers, and serves them in the order they came", () => {
    const queue = new AdmissionQueue(new LeaseHolder());
    const callers = [caller(NOW), caller(NOW + 1), caller(NOW + 2)];
    for (const each of callers) expect(queue.arrive(each, NOW + 2)).toBeNull();
    const [request, ...more] = queue.requests(NOW + 2);
    expect([request?.waiting, more]).toEqual([3, []]);
    if (!request) throw new Error("nothing was asked");
    expect(queue.requests(NOW + 3)).toEqual([]);
    const results = queue.receive(request, replyWith([leaseOf({ slots: 2 })]), NOW + 2, NOW + 10);
    expect(results.map((result) => result.caller)).toEqual(callers.slice(0, 2));
    expect(queue.requests(NOW + 11)[0]?.waiting).toBe(1);
  });

  it("refuses the newest callers first, and asks again where a request was lost", () => {
    const queue = new AdmissionQueue(new LeaseHolder());
    const [first, second] = [caller(NOW), caller(NOW + 1)];
    queue.arrive(first, NOW);
    queue.arrive(second, NOW + 1);
    const [request] = queue.requests(NOW + 1);
    if (!request) throw new Error("nothing was asked");
    const refusal = { reason: "limited", callers: 1 } as const;
    const refused = queue.receive(request, replyWith([], { refusal, wait_ms: 700 }), NOW, NOW + 2);
    expect(refused).toEqual([{ caller: second, refusal, wait_ms: 700 }]);
    expect(queue.requests(NOW + 3)).toHaveLength(1);
    expect([queue.requests(NOW + 4_000).length, queue.requests(NOW + 13_003).length]).toEqual([0, 1]);
    expect([queue.leave(first), queue.leave(first)]).toEqual([true, false]);
  });

  it("lets the high lane use the leases of other lanes, in turn by their weights", () => {
    const holder = new LeaseHolder();
    const queue = new AdmissionQueue(holder);
    holder.receive(replyWith([leaseOf({ requests: null })]), KIND, NOW, NOW);
    const permit = holder.take(need, NOW);
    const order: string[] = [];
    for (const lane of ["standard", "high"] as const) {
      for (let count = 0; count < 20; count++) expect(queue.arrive({ ...caller(NOW), lane }, NOW)).toBeNull();
    }
    for (let next = permit; next && order.length < 24;) {
      holder.end(next, NOW, 1, NOW + 1);
      const [result, ...more] = queue.serve(NOW + 1);
      expect(more).toEqual([]);
      next = result && "permit" in result ? result.permit : null;
      if (result) order.push(result.caller.lane);
    }
    // The weights are 8 and 4.
    expect(order.filter((lane) => lane === "high")).toHaveLength(16);
  });

  it("asks for a slot for the high lane only where none comes free at its Worker within a second", () => {
    const holder = new LeaseHolder();
    const queue = new AdmissionQueue(holder);
    holder.receive(replyWith([leaseOf({ requests: null, scarce: true })]), KIND, NOW, NOW);
    holder.take(need, NOW);
    queue.arrive({ ...caller(NOW), lane: "high" }, NOW);
    expect(queue.requests(NOW + 900)).toEqual([]);
    expect(queue.requests(NOW + 1_000)).toMatchObject([{ lane: "high", waiting: 1 }]);
  });
});
