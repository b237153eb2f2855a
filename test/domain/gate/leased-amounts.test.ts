import { describe, expect, it } from "vitest";
import { LeasedAmounts } from "../../../src/domain/gate/client/leased-amounts.ts";

describe("leased amounts", () => {
  it("spend each amount until it expires, the oldest first", () => {
    const leased = new LeasedAmounts();
    leased.add(10, 1_000);
    leased.add(10, 2_000);
    expect([leased.spend(7, 999), leased.left]).toEqual([true, 13]);
    expect([leased.spend(7, 999), leased.left]).toEqual([true, 6]);
    expect([leased.spend(4, 999), leased.left]).toEqual([false, 6]);
  });

  it("report what expired unspent, once", () => {
    const leased = new LeasedAmounts();
    leased.add(10, 1_000);
    leased.spend(4, 500);
    expect(leased.takeUnspent(999)).toBe(0);
    expect([leased.spend(1, 1_000), leased.takeUnspent(1_000), leased.takeUnspent(1_000)]).toEqual([false, 6, 0]);
  });

  it("spend all amounts together where they may be divided", () => {
    const leased = new LeasedAmounts();
    leased.add(10, 1_000);
    leased.add(10, 2_000);
    expect([leased.spendTogether(21, 999), leased.left]).toEqual([false, 20]);
    expect([leased.spendTogether(15, 999), leased.left]).toEqual([true, 5]);
    expect([leased.spendTogether(6, 1_000), leased.takeUnspent(2_000)]).toEqual([false, 5]);
  });
});
