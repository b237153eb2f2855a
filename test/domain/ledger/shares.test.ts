import { describe, expect, it } from "vitest";
import { isId, newId, timeOfId } from "../../../src/domain/id.ts";
import {
  areNeighbours,
  intentSharesOf,
  LARGE_LEDGER_SHARES,
  newIdIn,
  newIdNaming,
  shareOf,
  standInFor,
} from "../../../src/domain/ledger/shares.ts";

const NOW = 1_795_000_000_000;
const MANY = Array.from({ length: LARGE_LEDGER_SHARES }, (_, share) => share);

describe("the share of an execution", () => {
  it("is one of eight for ids that do not name it, the same as ever", () => {
    // As `md5(id)` of every version finds them.
    expect(shareOf("exe_01980a5c-2c00-7000-8000-000000000001")).toBe(7);
    expect(shareOf("exe_01980a5c-2c00-7000-8000-000000000002")).toBe(6);
    expect(new Set(Array.from({ length: 500 }, () => shareOf(newId("exe", NOW)))).size).toBe(8);
  });

  it("is what the id of a large tenant's execution names", () => {
    expect(MANY.map((share) => shareOf(newIdNaming(share, NOW)))).toEqual(MANY);
  });

  it("is named in an id of its time that sorts among the others", () => {
    const [before, named, after] = [newIdIn(3, NOW - 1), newIdNaming(177, NOW), newId("exe", NOW + 1)];
    expect([after, named, before].toSorted()).toEqual([before, named, after]);
    expect([timeOfId(named), isId("exe", named), isId("bat", named.replace("exe", "bat"))]).toEqual([NOW, true, false]);
    expect(new Set(Array.from({ length: 100 }, () => newIdNaming(177, NOW))).size).toBe(100);
  });

  it("cannot be named beyond the 256th, whoever asks for such an id", () => {
    expect(isId("exe", newIdNaming(255, NOW))).toBe(true);
    expect(isId("exe", newIdNaming(256, NOW))).toBe(false);
  });
});

describe("the intents of an execution", () => {
  it("are in its own share or the one that stands in for it, which is another of the many", () => {
    for (const share of MANY) {
      const id = newIdNaming(share, NOW);
      expect(intentSharesOf(id)).toEqual([share, standInFor(id)]);
      expect(standInFor(id)).not.toBe(share);
      expect(standInFor(id)).toBeLessThan(LARGE_LEDGER_SHARES);
    }
  });

  it("may be in any of eight where the id does not name its share", () => {
    expect(intentSharesOf(newIdIn(7, NOW))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(standInFor(newIdIn(7, NOW))).toBe(0);
  });

  it("are found where they lie in a block with others", () => {
    const [named, other, unnamed] = [newIdNaming(3, NOW), newIdNaming(4, NOW), newIdIn(3, NOW)];
    const pairs = [
      [named, newIdNaming(3, NOW)],
      [unnamed, newIdIn(4, NOW)],
      [named, other],
      [named, unnamed],
      [unnamed, named],
    ] as const;
    expect(pairs.map(([first, second]) => areNeighbours(first, second))).toEqual([true, true, false, false, false]);
  });
});
