import { describe, expect, it } from "vitest";
import { AdmissionQueue } from "../../../src/domain/gate/client/admission-queue.ts";
import type { GateCaller } from "../../../src/domain/gate/client/caller-group.ts";
import { LeaseHolder } from "../../../src/domain/gate/client/lease-holder.ts";
import { gateWithDisk, keyOf, leaseOf, NOW, replyWith, requestOf } from "./support.ts";

const MODELS = 10_000;

function callerOf(model: string, since: number): GateCaller {
  const times = { since, deadline: since + 9_000, hold_ms: 5 };
  return { model, lane: "standard", tokens: 1, avoid: [], ...times, patient: true };
}

/** A holder that counts what the queue asks it. */
class CountingHolder extends LeaseHolder {
  steps = 0;

  override runsLow(...of: Parameters<LeaseHolder["runsLow"]>): boolean {
    this.steps += 1;
    return super.runsLow(...of);
  }

  override take(...of: Parameters<LeaseHolder["take"]>): ReturnType<LeaseHolder["take"]> {
    this.steps += 1;
    return super.take(...of);
  }
}

/** One call of each of many models that gets its lease, ends and is reported. */
function callEach(holder: CountingHolder, queue: AdmissionQueue<GateCaller>): void {
  for (let each = 0; each < MODELS; each++) {
    const [model, now, id] = [`gpt-${each}`, NOW + each * 10, `l${each}`];
    queue.arrive(callerOf(model, now), now);
    const [request] = queue.requests(now);
    if (!request) throw new Error("nothing was asked");
    const reply = replyWith([leaseOf({ id, model, requests: 1 })]);
    const [result] = queue.receive(request, reply, now, now);
    if (result && "permit" in result) holder.end(result.permit, now, 1, now + 5);
    holder.tidy(now + 9);
    holder.confirm(holder.reports(now + 9));
  }
}

describe("ten thousand names of models", () => {
  it("leave little behind at an isolate, and make its admissions no slower", () => {
    const holder = new CountingHolder();
    const queue = new AdmissionQueue<GateCaller>(holder);
    callEach(holder, queue);
    expect([queue.groups, holder.pools].map((count) => count <= 100)).toEqual([true, true]);
    holder.steps = 0;
    const now = NOW + MODELS * 10;
    queue.arrive(callerOf("gpt-new", now), now);
    queue.requests(now);
    queue.serve(now);
    expect(holder.steps).toBeLessThanOrEqual(100);
  });

  it("leave nothing behind once they are idle", () => {
    const holder = new CountingHolder();
    const queue = new AdmissionQueue<GateCaller>(holder);
    callEach(holder, queue);
    const later = NOW + MODELS * 10 + 3_600_000;
    for (let each = 0; each < 30; each++) queue.arrive(callerOf("gpt-new", later), later);
    expect([queue.groups, holder.pools]).toEqual([1, 1]);
  });

  it("that wait all at once are each tried once, and every one of them is kept", () => {
    const holder = new CountingHolder();
    const queue = new AdmissionQueue<GateCaller>(holder);
    for (let each = 0; each < MODELS; each++) queue.arrive(callerOf(`gpt-${each}`, NOW), NOW);
    expect([queue.size, queue.requests(NOW).length]).toEqual([MODELS, MODELS]);
    holder.steps = 0;
    expect(queue.serve(NOW + 1)).toEqual([]);
    expect(holder.steps).toBe(MODELS);
  });

  it("leave a bounded number of breakers at the gate, in memory and on disk", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    const failed = (each: number) => ({ kind: "failed", key: "a", model: `gpt-${each}` }) as const;
    gate.ask(requestOf(keys, { patience_ms: 0 }), NOW);
    for (let each = 0; each < MODELS; each++) {
      gate.settle({ outcomes: [failed(each), failed(each), failed(each)] }, NOW + each);
    }
    const view = gate.view(keys, NOW + MODELS).keys[0];
    expect(view?.breakers.length).toBeLessThanOrEqual(200);
    expect(view?.breakers.at(-1)).toMatchObject({ model: `gpt-${MODELS - 1}`, state: "open" });
    expect(JSON.stringify(gate.stored.get("a")).length).toBeLessThan(50_000);
  });

  it("do not push out the open breaker of a model that callers ask for", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    const down = { kind: "failed", key: "a", model: "down" } as const;
    gate.ask(requestOf(keys, { patience_ms: 0 }), NOW);
    gate.settle({ outcomes: [down, down, down] }, NOW);
    for (let each = 0; each < 1_000; each++) {
      const passed = { kind: "passed", key: "a", model: `gpt-${each}`, calls: 1, latency_ms: 1, ttft_ms: 1 } as const;
      gate.settle({ outcomes: [passed] }, NOW + each);
    }
    expect(gate.view(keys, NOW + 1_000).keys[0]?.breakers).toContainEqual(
      expect.objectContaining({ model: "down", state: "open" }),
    );
  });
});
