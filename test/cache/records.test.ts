import { describe, expect, it } from "vitest";
import { createMemoryTier } from "../../src/cache/memory.ts";
import { TieredRecordCache, IMMUTABLE } from "../../src/cache/records.ts";
import { tolerant } from "../../src/cache/tier.ts";
import { deferred, fakeTier } from "../support/tiers.ts";

const STALENESS = { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 3_600_000 };

/** One data centre with a source. `isolate()` creates another isolate in it. */
function world() {
  const clock = { now: 1_795_000_000_000 };
  const now = () => clock.now;
  const [edge, kv] = [fakeTier("edge", now), fakeTier("kv", now)];
  const source = { value: "v1" as string | undefined, down: false, reads: 0 };
  const { defer, settle } = deferred();
  const forgiving = { timeoutMs: 1_000, onFault: () => undefined };
  const isolate = () => {
    const memory = createMemoryTier<never>({ entries: 100, bytes: 1 << 20 });
    const records = new TieredRecordCache({
      memory,
      edge: tolerant(edge, forgiving),
      kv: tolerant(kv, forgiving),
      now,
      random: () => 0,
      defer,
    });
    const load = async () => {
      source.reads++;
      if (source.down) throw new Error("the shard is down");
      return source.value;
    };
    const read = async (staleness = STALENESS, revalidate = false) =>
      records.read("pointer/t/p", { staleness, load, revalidate });
    return { records, read, load };
  };
  return { clock, edge, kv, source, settle, isolate };
}

describe("records through the tiers", () => {
  it("asks the source once, and then memory", async () => {
    const { source, edge, isolate, settle } = world();
    const { read } = isolate();
    expect(await read()).toMatchObject({ value: "v1", tier: "source", age_ms: 0 });
    await settle();
    edge.calls.length = 0;
    expect(await read()).toMatchObject({ value: "v1", tier: "memory" });
    expect([source.reads, edge.calls]).toEqual([1, []]);
  });

  it("serves an old copy at once and refreshes it behind the response", async () => {
    const { clock, source, isolate, settle } = world();
    const { read } = isolate();
    await read();
    source.value = "v2";
    clock.now += 6_000;
    expect(await read()).toMatchObject({ value: "v1", age_ms: 6_000 });
    await settle();
    expect(await read()).toMatchObject({ value: "v2", tier: "memory" });
  });

  it("serves no copy older than the bound, whichever tier holds it", async () => {
    const { clock, source, isolate, settle } = world();
    await isolate().read();
    await settle();
    source.value = "v2";
    clock.now += 30_001;
    expect(await isolate().read()).toMatchObject({ value: "v2", tier: "source" });
  });

  it("copies a hit in the Cache API or KV to the nearer tiers, with its age", async () => {
    const { clock, edge, isolate, settle } = world();
    await isolate().read();
    await settle();
    clock.now += 4_000;
    expect(await isolate().read(IMMUTABLE)).toMatchObject({ tier: "edge", age_ms: 4_000 });
    edge.kept.clear();
    expect(await isolate().read(IMMUTABLE)).toMatchObject({ tier: "kv", age_ms: 4_000 });
    await settle();
    expect(await isolate().read(IMMUTABLE)).toMatchObject({ tier: "edge", age_ms: 4_000 });
  });

  it("shows a write at once to its writer and its data centre", async () => {
    const { source, isolate, settle } = world();
    const [writer, other] = [isolate(), isolate()];
    await writer.read();
    await other.read();
    source.value = "v2";
    await writer.records.refresh("pointer/t/p", writer.load);
    expect(await writer.read()).toMatchObject({ value: "v2", tier: "memory" });
    await settle();
    expect(await isolate().read()).toMatchObject({ value: "v2", tier: "edge" });
    expect(await other.read()).toMatchObject({ value: "v1" });
  });

  it("does not let a refresh undo a write that began after it", async () => {
    const { source, clock, isolate } = world();
    const { records, read } = isolate();
    await read();
    clock.now += 6_000;
    let release: (value: string) => void = () => undefined;
    const slow = records.read("pointer/t/p", {
      staleness: STALENESS,
      revalidate: true,
      load: async () => new Promise<string>((resolve) => (release = resolve)),
    });
    source.value = "v2";
    await records.write("pointer/t/p", "v2");
    release("v1");
    await slow;
    expect(await read()).toMatchObject({ value: "v2", tier: "memory" });
  });

  it("remembers absence only while the copy is fresh", async () => {
    const { clock, source, isolate } = world();
    source.value = undefined;
    const { read } = isolate();
    expect((await read()).value).toBeNull();
    clock.now += 4_000;
    source.value = "v1";
    expect((await read()).value).toBeNull();
    clock.now += 1_001;
    expect((await read()).value).toBe("v1");
    expect(source.reads).toBe(2);
  });

  it("asks KV for no record that may change while its source answers", async () => {
    const { clock, edge, kv, isolate, settle } = world();
    for (let visit = 0; visit < 5; visit++) {
      await isolate().read();
      await settle();
      edge.kept.clear();
      clock.now += 31_000;
    }
    expect(kv.calls).not.toContain("get");
  });

  it("writes a record that is only read to KV once in twelve hours, whichever isolates read it", async () => {
    const { clock, kv, isolate, settle } = world();
    for (let minute = 0; minute < 12 * 60; minute += 2) {
      await isolate().read();
      await settle();
      clock.now += 120_000;
    }
    expect(kv.calls.filter((call) => call === "put")).toHaveLength(1);
    await isolate().read();
    await settle();
    expect(kv.calls.filter((call) => call === "put")).toHaveLength(2);
  });

  it("takes a record out of KV when the source fails and no nearer copy is left", async () => {
    const { clock, source, edge, isolate, settle } = world();
    await isolate().read();
    await settle();
    edge.kept.clear();
    clock.now += 60_000;
    source.down = true;
    expect(await isolate().read()).toMatchObject({ value: "v1", tier: "kv", degraded: true, age_ms: 60_000 });
    clock.now += STALENESS.lastGoodMs;
    await expect(isolate().read()).rejects.toThrow("the shard is down");
  });

  it("serves the last good copy as degraded while the source is down, up to its maximum age", async () => {
    const { clock, source, isolate, settle } = world();
    const { read } = isolate();
    await read();
    await settle();
    source.down = true;
    clock.now += 60_000;
    expect(await read()).toMatchObject({ value: "v1", degraded: true, age_ms: 60_000 });
    expect(await isolate().read()).toMatchObject({ value: "v1", degraded: true, tier: "edge" });
    expect(await isolate().read(STALENESS, true)).toMatchObject({ value: "v1", degraded: true });
    clock.now += STALENESS.lastGoodMs;
    await expect(read()).rejects.toThrow("the shard is down");
  });

  it("serves no copy from before a deletion while the source is down, in whichever place", async () => {
    const { clock, source, edge, isolate, settle } = world();
    const [here, there] = [isolate(), isolate()];
    await here.read();
    await there.read();
    await settle();
    const before = new Map(edge.kept);
    source.value = undefined;
    await here.records.write("pointer/t/p", null);
    await settle();
    source.down = true;
    clock.now += STALENESS.boundMs + 1;
    const deleted = { value: null, degraded: true, age_ms: STALENESS.boundMs + 1 };
    expect(await here.read()).toMatchObject({ ...deleted, tier: "memory" });
    expect(await there.read()).toMatchObject({ ...deleted, tier: "edge" });
    // In another data centre only KV knows of the deletion.
    edge.kept.clear();
    for (const [key, copy] of before) edge.kept.set(key, copy);
    expect(await isolate().read()).toMatchObject({ ...deleted, tier: "kv" });
    expect(await there.read()).toMatchObject({ ...deleted, tier: "kv" });
  });

  it("serves what was written after a deletion while the source is down", async () => {
    const { clock, source, isolate, settle } = world();
    const { records, read } = isolate();
    for (const value of ["v1", null, "v2"]) {
      await records.write("pointer/t/p", value);
      await settle();
      clock.now += 1_000;
    }
    source.down = true;
    clock.now += STALENESS.boundMs;
    expect(await read()).toMatchObject({ value: "v2", degraded: true });
  });

  it("asks the source when the tiers fail", async () => {
    const { edge, kv, isolate, settle } = world();
    edge.broken = true;
    kv.broken = true;
    expect(await isolate().read()).toMatchObject({ value: "v1", tier: "source" });
    await settle();
  });

  it("trusts no copy from the future", async () => {
    const { clock, source, isolate, settle } = world();
    await isolate().read();
    await settle();
    source.value = "v2";
    clock.now -= 60_000;
    expect(await isolate().read()).toMatchObject({ value: "v2", tier: "source" });
  });

  it("keeps an immutable record without asking again, and never remembers its absence", async () => {
    const { clock, source, isolate } = world();
    const { read } = isolate();
    source.value = undefined;
    expect((await read(IMMUTABLE)).value).toBeNull();
    source.value = "body";
    expect((await read(IMMUTABLE)).value).toBe("body");
    clock.now += 365 * 86_400_000;
    expect(await read(IMMUTABLE)).toMatchObject({ value: "body", tier: "memory" });
    expect(source.reads).toBe(2);
  });
});
