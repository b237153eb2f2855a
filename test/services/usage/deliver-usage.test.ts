import { describe, expect, it } from "vitest";
import { deliverAgainIn, redriveIn } from "../../../src/services/usage/deliver-usage.ts";

describe("a message of the usage queue that failed", () => {
  it("comes again ever later, up to ten minutes", () => {
    expect([1, 2, 3, 8, 100].map((attempts) => deliverAgainIn(attempts, 1))).toEqual([5, 10, 20, 600, 600]);
  });

  it("survives an outage of hours: a hundred deliveries take at least seven of them", () => {
    const least = Array.from({ length: 100 }, (_, n) => deliverAgainIn(n + 1, 0)).reduce((sum, each) => sum + each);
    expect(least).toBeGreaterThan(7 * 3_600);
  });

  it("does not come back at the same moment as all others", () => {
    const times = Array.from({ length: 101 }, (_, n) => deliverAgainIn(20, n / 100));
    expect([Math.min(...times), Math.max(...times), new Set(times).size]).toEqual([300, 600, 101]);
    expect([redriveIn(0), redriveIn(1)]).toEqual([900, 1_800]);
  });
});
