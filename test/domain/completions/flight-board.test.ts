import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFlightBoard, type FlightBoard } from "../../../src/domain/completions/flight-board.ts";

const SEED = 20_261_124;
const LIMITS = { waiters: 3, bytes: 100, all_bytes: 150, lingerMs: 10 };
const bytes = (size: number) => new Uint8Array(size);

function lead(board: FlightBoard, key: string, now = 0): number {
  const boarding = board.join(key, now, Infinity);
  if (boarding.role !== "leader") throw new Error(`boarded as ${boarding.role}`);
  return boarding.token;
}

describe("a board of flights", () => {
  it("lets one lead for each key", () => {
    const board = createFlightBoard(LIMITS);
    expect(["a", "a", "b", "b"].map((key) => board.join(key, 0, Infinity).role)).toEqual([
      "leader",
      "follower",
      "leader",
      "follower",
    ]);
  });

  it("keeps no more of all answers together than its bound, and has room again once they are over", () => {
    const board = createFlightBoard(LIMITS);
    const [a, b] = [lead(board, "a"), lead(board, "b")];
    expect([board.append("a", a, bytes(100)), board.append("b", b, bytes(60))]).toEqual([true, false]);
    board.land("a", a, "ended", 0);
    expect(board.append("b", b, bytes(60))).toBe(true);
    const landed = lead(board, "c");
    expect(board.append("c", landed, bytes(90))).toBe(true);
    board.land("c", landed, "kept", 0);
    const late = lead(board, "d", 5);
    expect(board.append("d", late, bytes(10))).toBe(false);
    lead(board, "e", 11);
    expect(board.append("d", late, bytes(10))).toBe(true);
  });

  it("takes nothing from a leader whose flight is over, whoever leads its key now", () => {
    const board = createFlightBoard(LIMITS);
    const old = lead(board, "a");
    board.land("a", old, "lost", 0);
    const current = lead(board, "a");
    expect(board.append("a", old, bytes(200))).toBe(true);
    board.land("a", old, "ended", 0);
    expect(board.join("a", 0, Infinity).role).toBe("follower");
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
      const board = createFlightBoard(LIMITS);
      const leaders = new Map<string, number>();
      let now = 0;
      for (const each of steps) {
        if (each.do === "pass") now += each.ms;
        else if (each.do === "join") {
          const boarding = board.join(each.key, now, each.max_age);
          if (boarding.role === "leader") leaders.set(each.key, boarding.token);
        } else if (each.do === "append") {
          if (!board.append(each.key, leaders.get(each.key) ?? 0, bytes(each.size))) refused += 1;
        } else board.land(each.key, leaders.get(each.key) ?? 0, each.landing, now);
      }
      for (const [name, token] of leaders) board.land(name, token, "ended", now);
      // After the last has landed and its time is over, all is as at the start.
      const last = lead(board, "last", now + LIMITS.lingerMs + 1);
      expect(board.size()).toBe(1);
      expect(board.append("last", last, bytes(LIMITS.bytes))).toBe(true);
      expect(board.append("last", last, bytes(1))).toBe(false);
      board.land("last", last, "ended", now);
      const [one, two] = [lead(board, "one", now), lead(board, "two", now)];
      expect([board.append("one", one, bytes(100)), board.append("two", two, bytes(50))]).toEqual([true, true]);
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
    expect(refused).toBeGreaterThan(10);
  });
});
