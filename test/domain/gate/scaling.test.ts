import { describe, expect, it } from "vitest";
import { aimd } from "../../../src/domain/gate/authority/concurrency-ceiling.ts";
import { scaleLane } from "../../../src/domain/gate/authority/lane-targets.ts";
import { shed } from "../../../src/domain/gate/authority/load-shedding.ts";

describe("scaling and load shedding", () => {
  const load = { base: 20, waiting: 0, oldest_wait_ms: 0, in_flight: 20, ceiling: Infinity };

  it("doubles a lane where more than a hundred wait, shrinks an unused one, and respects the keys' ceiling", () => {
    expect(scaleLane(20, { ...load, waiting: 101 })).toBe(40);
    expect(scaleLane(40, { ...load, waiting: 9, in_flight: 3 })).toBe(36);
    expect(scaleLane(20, { ...load, in_flight: 0 })).toBe(20);
    expect(scaleLane(20, { ...load, waiting: 101, ceiling: 25 })).toBe(25);
  });

  it("widens a full lane whose reports have just freed some slots", () => {
    const waits = { ...load, waiting: 1, oldest_wait_ms: 50 };
    expect(scaleLane(780, { ...waits, in_flight: 770 })).toBe(800);
    expect(scaleLane(780, { ...waits, in_flight: 690 })).toBe(780);
  });

  it("widens a lane from what it has, where that is more than its target", () => {
    expect(scaleLane(20, { ...load, waiting: 1, oldest_wait_ms: 50, in_flight: 700 })).toBe(720);
    expect(scaleLane(20, { ...load, waiting: 101, in_flight: 700 })).toBe(1_400);
    expect(scaleLane(20, { ...load, waiting: 0, in_flight: 700 })).toBe(20);
  });

  it("halves a key's concurrency on a complaint, and lets it grow by one in each round of calls", () => {
    expect(aimd(Infinity, "complaint", 100)).toBe(50);
    expect(aimd(50, "pass", 50, 50)).toBe(51);
    expect(aimd(Infinity, "pass", 10)).toBe(Infinity);
  });

  it("sheds batch before standard, and leaves batch its share", () => {
    const patience = { high: 1_000, standard: 1_000, batch: 1_000 };
    const surplus = shed({ high: 50, standard: 40, batch: 100 }, patience, 0.1);
    expect(surplus).toEqual({ high: 0, standard: 0, batch: 90 });
    expect(shed({ high: 50, standard: 100, batch: 100 }, patience, 0.1)).toMatchObject({ high: 0, standard: 50 });
    expect(shed({ high: 0, standard: 0, batch: 100 }, patience, 0.1).batch).toBe(0);
  });
});
