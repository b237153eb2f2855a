import { describe, expect, it } from "vitest";
import { chooseKey } from "../../../src/domain/gate/authority/choose-key.ts";

describe("chooseKey", () => {
  const key = (name: string, more: object) => ({
    name,
    weight: 1,
    in_flight: 0,
    share_used: 0,
    ttft_ms: null,
    ...more,
  });
  const names = (keys: ReturnType<typeof key>[], how: Parameters<typeof chooseKey>[1], rolls: number[]) =>
    rolls.map((roll) => chooseKey(keys, how, () => roll)?.name);

  it("chooses the least busy key for its weight by default", () => {
    const keys = [key("a", { in_flight: 3 }), key("b", { in_flight: 8, weight: 4 })];
    expect(names(keys, "least_busy", [0])).toEqual(["b"]);
    expect(names([key("a", { share_used: 0.2 }), key("b", { share_used: 0.1 })], "least_busy", [0])).toEqual(["b"]);
  });

  it("chooses each key in proportion to its weight", () => {
    expect(names([key("a", {}), key("b", { weight: 3 })], "weighted", [0, 0.24, 0.26, 0.99])).toEqual([
      "a",
      "a",
      "b",
      "b",
    ]);
  });

  it("chooses the faster of two keys, and tries a key without a measurement", () => {
    const keys = [key("slow", { ttft_ms: 900 }), key("quick", { ttft_ms: 100 })];
    let roll = 0;
    expect(chooseKey(keys, "fastest", () => (roll += 0.5) - 0.5)?.name).toBe("quick");
    roll = 0;
    const fresh = [key("known", { ttft_ms: 100 }), key("new", {})];
    expect(chooseKey(fresh, "fastest", () => (roll += 0.5) - 0.5)?.name).toBe("new");
  });
});
