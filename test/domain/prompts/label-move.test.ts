import { describe, expect, it } from "vitest";
import { type LabelMove, meaningBefore, type MoveCause } from "../../../src/domain/prompts/label-move.ts";

const only = (version: number) => [{ version, weight: 1 }];

/** The moves of a label, from the oldest to the newest, as they are read: newest first. */
function historyOf(...moves: [cause: MoveCause, from: number | null, to: number | null][]): LabelMove[] {
  return moves
    .map(([cause, from, to], position) => ({
      id: `mov_${position}`,
      position,
      key_id: null,
      cause,
      from_split: from === null ? null : only(from),
      to_split: to === null ? null : only(to),
      reason: null,
      promotion_id: null,
      moved_at: position,
    }))
    .toReversed();
}

describe("what a label meant before", () => {
  it("is what its last move came from", () => {
    expect(meaningBefore(historyOf(["set", null, 1], ["promotion", 1, 2]), only(2))).toEqual(only(1));
  });

  it("goes back further with each rollback, and never forward again", () => {
    const moves = historyOf(["set", null, 1], ["set", 1, 2], ["set", 2, 3], ["rollback", 3, 2]);
    expect(meaningBefore(moves, only(2))).toEqual(only(1));
    const again = historyOf(["set", 1, 2], ["set", 2, 3], ["rollback", 3, 2], ["set", 2, 4], ["rollback", 4, 2]);
    expect(meaningBefore(again, only(2))).toEqual(only(1));
  });

  it("is not what it means now, where one automatic rollback took back several moves of a split", () => {
    const moves = historyOf(
      ["set", null, 9],
      ["set", 9, 1],
      ["set", 1, 2],
      ["set", 2, 3],
      ["automatic_rollback", 3, 1],
    );
    expect(meaningBefore(moves, only(1))).toEqual(only(9));
  });

  it("is nothing for a label that was set once, and not known without moves", () => {
    expect(meaningBefore(historyOf(["set", null, 1]), only(1))).toBeNull();
    expect(meaningBefore([], only(1))).toBeUndefined();
  });

  it("is the last known meaning where a Worker of an older version moved the label without a trace", () => {
    expect(meaningBefore(historyOf(["set", null, 1], ["set", 1, 2]), only(5))).toEqual(only(2));
  });
});
