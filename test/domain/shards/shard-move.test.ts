import { describe, expect, it } from "vitest";
import { bucketsFor, BUCKETS } from "../../../src/domain/shard.ts";
import { isCancellable, isOver, MOVE_STATES, nextState, planMoves } from "../../../src/domain/shards/shard-move.ts";

describe("a move of buckets", () => {
  it("comes from planned to done when each state's work is complete", () => {
    const states = ["planned"];
    while (states.length < 20 && !isOver(states.at(-1) as "planned")) {
      states.push(nextState(states.at(-1) as "planned", "complete", false));
    }
    expect(states).toEqual(["planned", "copying", "verifying", "closing", "draining", "deleting", "done"]);
  });

  it("is taken back before its flip, and goes on after it", () => {
    for (const state of MOVE_STATES.filter((each) => !isOver(each))) {
      const next = nextState(state, "more", true);
      expect([state, next]).toEqual([state, isCancellable(state) ? "cancelling" : state]);
    }
    expect(nextState("closing", "complete", true)).toBe("draining");
  });

  it("goes back where its work fails before the flip, and stops for a person after it", () => {
    expect([nextState("closing", "faulty", false), nextState("draining", "faulty", false)]).toEqual([
      "cancelling",
      "halted",
    ]);
  });

  it("takes buckets from each shard once, and none from the target", () => {
    const ownerOf = (bucket: number) => ["a", "b", "target"][bucket % 3] ?? "";
    expect(planMoves([4, 0, 3, 5, 0], "target", ownerOf)).toEqual([
      { source: "a", target: "target", buckets: [0, 3] },
      { source: "b", target: "target", buckets: [4] },
    ]);
  });

  it("is of as many buckets as the share says, each once, and more of them for a larger share", () => {
    const [fifth, half] = [bucketsFor("DB_SHARD_4", 0.2), bucketsFor("DB_SHARD_4", 0.5)];
    expect([fifth.length, half.length]).toEqual([205, 512]);
    expect(new Set(half).size).toBe(512);
    expect(half).toEqual(expect.arrayContaining(fifth));
    expect(bucketsFor("DB_SHARD_4", 1)).toHaveLength(BUCKETS);
  });
});
