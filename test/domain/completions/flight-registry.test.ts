import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Lane, LANES } from "../../../src/domain/lane.ts";
import { FlightMemory } from "../../../src/domain/completions/flight-memory.ts";
import { FlightRegistry } from "../../../src/domain/completions/flight-registry.ts";

/** Where the count of tokens starts. */
const EPOCH = 1_000;
const SEED = 20_261_124;
const LIMITS = { waiters: 3, bytes: 100, all_bytes: 150, lingerMs: 10 };
const bytes = (size: number) => new Uint8Array(size);

function lead(registry: FlightRegistry, key: string, now = 0): number {
  const joined = registry.join(key, "standard", now, Infinity);
  if (joined.role !== "leader") throw new Error(`joined as ${joined.role}`);
  return joined.token;
}

describe("a registry of flights", () => {
  it("gives every key one leader", () => {
    const registry = new FlightRegistry(LIMITS, EPOCH);
    expect(["a", "a", "b", "b"].map((key) => registry.join(key, "standard", 0, Infinity).role)).toEqual([
      "leader",
      "follower",
      "leader",
      "follower",
    ]);
  });

  it("bounds the bytes of all answers together, and frees them when a flight is forgotten", () => {
    const registry = new FlightRegistry(LIMITS, EPOCH);
    const [a, b] = [lead(registry, "a"), lead(registry, "b")];
    expect([registry.append(a, bytes(100)), registry.append(b, bytes(60))]).toEqual([true, false]);
    registry.end(a, "ended", 0);
    expect(registry.append(b, bytes(60))).toBe(true);
    const lingering = lead(registry, "c");
    expect(registry.append(lingering, bytes(90))).toBe(true);
    registry.end(lingering, "kept", 0);
    const late = lead(registry, "d", 5);
    expect(registry.append(late, bytes(10))).toBe(false);
    lead(registry, "e", 11);
    expect(registry.append(late, bytes(10))).toBe(true);
  });

  it("shares the bound on its bytes with the other objects of its isolate", () => {
    const memory = new FlightMemory(LIMITS.all_bytes);
    const [first, second] = [new FlightRegistry(LIMITS, 0, memory), new FlightRegistry(LIMITS, EPOCH, memory)];
    const [a, b] = [lead(first, "a"), lead(second, "b")];
    expect([first.append(a, bytes(100)), second.append(b, bytes(60))]).toEqual([true, false]);
    first.end(a, "kept", 0);
    // Nobody calls the first object again: the next caller of the second lets go of its answer.
    lead(second, "c", LIMITS.lingerMs);
    expect([first.size, second.append(b, bytes(60))]).toEqual([1, false]);
    lead(second, "d", LIMITS.lingerMs + 1);
    expect([first.size, second.append(b, bytes(60))]).toEqual([0, true]);
  });

  it("gets the bytes back that an object held which was reset in the middle of a flight", () => {
    const memory = new FlightMemory(LIMITS.all_bytes);
    const [reset, next] = [new FlightRegistry(LIMITS, 0, memory), new FlightRegistry(LIMITS, EPOCH, memory)];
    reset.append(lead(reset, "a"), bytes(100));
    const b = lead(next, "b");
    expect(next.append(b, bytes(60))).toBe(false);
    const c = lead(next, "c", 360_001);
    expect(next.append(c, bytes(100))).toBe(true);
  });

  it("ignores the leader of an ended flight, even where its key has a new leader", () => {
    const registry = new FlightRegistry(LIMITS, EPOCH);
    const old = lead(registry, "a");
    registry.end(old, "lost", 0);
    const current = lead(registry, "a");
    expect(registry.append(old, bytes(200))).toBe(true);
    registry.end(old, "ended", 0);
    expect(registry.join("a", "standard", 0, Infinity).role).toBe("follower");
    expect(current).not.toBe(old);
  });

  it("gives tokens from its epoch on, so that no leader of an earlier life can write into a flight", () => {
    const [before, after] = [new FlightRegistry(LIMITS, 0), new FlightRegistry(LIMITS, EPOCH)];
    const old = lead(before, "a");
    lead(after, "a");
    const follower = after.join("a", "standard", 0, Infinity);
    if (follower.role !== "follower") throw new Error(`joined as ${follower.role}`);
    after.append(old, bytes(1));
    after.end(old, "ended", 0);
    expect(after.join("a", "standard", 0, Infinity).role).toBe("follower");
  });

  it("lets no caller wait behind a leader of a less urgent lane, until the answer has begun", () => {
    const registry = new FlightRegistry(LIMITS, EPOCH);
    const roleIn = (lane: Lane) => registry.join("a", lane, 0, Infinity).role;
    const slow = registry.join("a", "batch", 0, Infinity);
    expect([roleIn("batch"), roleIn("high"), roleIn("standard"), roleIn("high")]).toEqual([
      "follower",
      "leader",
      "follower",
      "follower",
    ]);
    const other = new FlightRegistry(LIMITS, EPOCH);
    const token = other.join("a", "batch", 0, Infinity);
    if (slow.role !== "leader" || token.role !== "leader") throw new Error("the first caller leads");
    other.append(token.token, bytes(1));
    expect(other.join("a", "high", 0, Infinity).role).toBe("follower");
  });

  it("leaves a flight alone where a more urgent lane's answer is too old for a caller, who follows the flight", async () => {
    const registry = new FlightRegistry(LIMITS, EPOCH);
    const slow = lead(registry, "a");
    const early = registry.join("a", "standard", 0, Infinity);
    const quick = registry.join("a", "high", 0, Infinity);
    if (quick.role !== "leader" || early.role !== "follower") throw new Error("a lane waits for a less urgent one");
    registry.append(quick.token, bytes(1));
    registry.end(quick.token, "kept", 1);
    expect(registry.join("a", "standard", 5, 2).role).toBe("follower");
    expect(registry.join("a", "standard", 5, Infinity).role).toBe("follower");
    registry.append(slow, bytes(7));
    registry.end(slow, "ended", 6);
    expect([await early.follower.next(), await early.follower.next()]).toEqual([bytes(7), null]);
  });

  it("forgets ended flights and counts their bytes correctly in any order of steps", () => {
    const key = fc.constantFrom("a", "b", "c");
    const lane = fc.constantFrom(...LANES);
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constant("join" as const), key, lane, max_age: fc.constantFrom(0, 5, Infinity) }),
      fc.record({ kind: fc.constant("append" as const), key, size: fc.integer({ min: 1, max: 90 }) }),
      fc.record({ kind: fc.constant("end" as const), key, how: fc.constantFrom("kept", "ended", "lost") }),
      fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 15 }) }),
    );
    let refused = 0;
    const property = fc.property(fc.array(anyStep, { minLength: 5, maxLength: 60 }), (steps) => {
      const registry = new FlightRegistry(LIMITS, EPOCH);
      const leaders = new Map<string, number>();
      const tokens: number[] = [];
      let now = 0;
      for (const step of steps) {
        if (step.kind === "pass") now += step.ms;
        else if (step.kind === "join") {
          const joined = registry.join(step.key, step.lane, now, step.max_age);
          if (joined.role !== "leader") continue;
          leaders.set(step.key, joined.token);
          tokens.push(joined.token);
        } else if (step.kind === "append") {
          if (!registry.append(leaders.get(step.key) ?? 0, bytes(step.size))) refused += 1;
        } else registry.end(leaders.get(step.key) ?? 0, step.how, now);
      }
      for (const token of tokens) registry.end(token, "ended", now);
      // Once the last flight has ended and no longer lingers, the registry is as at the start.
      const last = lead(registry, "last", now + LIMITS.lingerMs + 1);
      expect(registry.size).toBe(1);
      expect(registry.append(last, bytes(LIMITS.bytes))).toBe(true);
      expect(registry.append(last, bytes(1))).toBe(false);
      registry.end(last, "ended", now);
      const [one, two] = [lead(registry, "one", now), lead(registry, "two", now)];
      expect([registry.append(one, bytes(100)), registry.append(two, bytes(50))]).toEqual([true, true]);
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
    expect(refused).toBeGreaterThan(10);
  });
});
