import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlightRegistry } from "../../../src/domain/completions/flight-registry.ts";

const SEED = 20_261_124;
const LIMITS = { waiters: 3, bytes: 100, all_bytes: 150, lingerMs: 10 };
const bytes = (size: number) => new Uint8Array(size);

function lead(registry: FlightRegistry, key: string, now = 0): number {
  const joined = registry.join(key, now, Infinity);
  if (joined.role !== "leader") throw new Error(`joined as ${joined.role}`);
  return joined.token;
}

describe("a registry of flights", () => {
  it("lets one lead for each key", () => {
    const registry = new FlightRegistry(LIMITS);
    expect(["a", "a", "b", "b"].map((key) => registry.join(key, 0, Infinity).role)).toEqual([
      "leader",
      "follower",
      "leader",
      "follower",
    ]);
  });

  it("keeps no more of all answers together than its bound, and has room again once they are over", () => {
    const registry = new FlightRegistry(LIMITS);
    const [a, b] = [lead(registry, "a"), lead(registry, "b")];
    expect([registry.append("a", a, bytes(100)), registry.append("b", b, bytes(60))]).toEqual([true, false]);
    registry.end("a", a, "ended", 0);
    expect(registry.append("b", b, bytes(60))).toBe(true);
    const landed = lead(registry, "c");
    expect(registry.append("c", landed, bytes(90))).toBe(true);
    registry.end("c", landed, "kept", 0);
    const late = lead(registry, "d", 5);
    expect(registry.append("d", late, bytes(10))).toBe(false);
    lead(registry, "e", 11);
    expect(registry.append("d", late, bytes(10))).toBe(true);
  });

  it("takes nothing from a leader whose flight is over, whoever leads its key now", () => {
    const registry = new FlightRegistry(LIMITS);
    const old = lead(registry, "a");
    registry.end("a", old, "lost", 0);
    const current = lead(registry, "a");
    expect(registry.append("a", old, bytes(200))).toBe(true);
    registry.end("a", old, "ended", 0);
    expect(registry.join("a", 0, Infinity).role).toBe("follower");
    expect(current).not.toBe(old);
  });

  it("forgets what is over, and counts its bytes right, whatever comes in which order", () => {
    const key = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      fc.record({ do: fc.constant("join" as const), key, max_age: fc.constantFrom(0, 5, Infinity) }),
      fc.record({ do: fc.constant("append" as const), key, size: fc.integer({ min: 1, max: 90 }) }),
      fc.record({ do: fc.constant("land" as const), key, landing: fc.constantFrom("kept", "ended", "lost") }),
      fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 15 }) }),
    );
    let refused = 0;
    const property = fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const registry = new FlightRegistry(LIMITS);
      const leaders = new Map<string, number>();
      let now = 0;
      for (const each of steps) {
        if (each.do === "pass") now += each.ms;
        else if (each.do === "join") {
          const joined = registry.join(each.key, now, each.max_age);
          if (joined.role === "leader") leaders.set(each.key, joined.token);
        } else if (each.do === "append") {
          if (!registry.append(each.key, leaders.get(each.key) ?? 0, bytes(each.size))) refused += 1;
        } else registry.end(each.key, leaders.get(each.key) ?? 0, each.landing, now);
      }
      for (const [name, token] of leaders) registry.end(name, token, "ended", now);
      // After the last has landed and its time is over, all is as at the start.
      const last = lead(registry, "last", now + LIMITS.lingerMs + 1);
      expect(registry.size).toBe(1);
      expect(registry.append("last", last, bytes(LIMITS.bytes))).toBe(true);
      expect(registry.append("last", last, bytes(1))).toBe(false);
      registry.end("last", last, "ended", now);
      const [one, two] = [lead(registry, "one", now), lead(registry, "two", now)];
      expect([registry.append("one", one, bytes(100)), registry.append("two", two, bytes(50))]).toEqual([true, true]);
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
    expect(refused).toBeGreaterThan(10);
  });
});
