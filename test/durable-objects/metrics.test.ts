import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { MetricsFlush } from "../../src/domain/metrics/metrics-messages.ts";

const KEY = '["/x","GET","200"]';

function flush(id: number, requests: number): MetricsFlush {
  return { isolate: "a", id, delta: { requests: { [KEY]: [requests] } }, gauges: { active: { high: 1 } } };
}

/** An object of metrics of its own, and how many requests it has counted. */
function object() {
  const stub = env.METRICS.getByName(`${crypto.randomUUID()}/0`);
  const requests = async () => (await stub.read()).counted["requests"]?.[KEY]?.[0] ?? 0;
  return { stub, requests };
}

describe("the object of metrics", () => {
  it("takes flushes, each once, and tells what they add up to", async () => {
    const { stub, requests } = object();
    expect(await stub.flush(flush(1, 2))).toEqual({ flush_ms: 5_000 });
    await stub.flush(flush(1, 2));
    await stub.flush(flush(2, 3));
    expect(await requests()).toBe(5);
    expect((await stub.read()).active.high).toBe(1);
  });

  it("goes on after an eviction from what it stored when it was read, and counts no flush twice", async () => {
    const { stub, requests } = object();
    await stub.flush(flush(1, 2));
    expect(await requests()).toBe(2);
    await evictDurableObject(stub);
    expect(await requests()).toBe(2);
    await stub.flush(flush(1, 2));
    expect(await requests()).toBe(2);
    await stub.flush(flush(2, 4));
    expect(await requests()).toBe(6);
  });

  it("begins at zero after an eviction where nobody reads it", async () => {
    const { stub, requests } = object();
    await stub.flush(flush(1, 2));
    await evictDurableObject(stub);
    expect(await requests()).toBe(0);
  });

  it("has isolates flush often while somebody watches", async () => {
    const { stub } = object();
    await stub.flush(flush(1, 2));
    const reading = await stub.watch("page", true);
    expect(reading?.totals[0]).toBe(2);
    expect(await stub.flush(flush(2, 1))).toEqual({ flush_ms: 250 });
  });
});
