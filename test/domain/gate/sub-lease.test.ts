import { describe, expect, it } from "vitest";
import { SubLease } from "../../../src/domain/gate/branch/sub-lease.ts";
import type { Permit } from "../../../src/domain/gate/client/permit.ts";
import type { LeaseReport } from "../../../src/domain/gate/protocol/messages.ts";

const NO_USE = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0, used_ago_ms: 0 };

describe("permits that a branch has lent", () => {
  const kind = { key: "a", model: "m", lane: "standard", hold_ms: 30_000, probe: false } as const;
  const permit = (id: number): Permit => ({ ...kind, id, lease: "root-1", tokens: 100 });
  const lent = (tokens: number | null) =>
    new SubLease(
      { ...kind, id: "b-1", requests: 3, slots: 3, tokens, life_ms: 2_000, transit_ms: 3_000, scarce: true },
      [permit(1), permit(2), permit(3)],
    );
  const report = (told: Partial<LeaseReport>): LeaseReport => ({ ...NO_USE, lease: "b-1", ...told });

  it("are counted once, however often they are reported", () => {
    const sub = lent(300);
    const told = report({ ended: 1, reserved: 100, spent: 90 });
    expect(sub.apply(told)).toMatchObject({ ended: [permit(1)], spent: 90, back: [] });
    expect(sub.apply(told)).toEqual({ moved: [], ended: [], spent: 0, back: [] });
    expect(sub.permits).toHaveLength(2);
  });

  it("take along what ended calls reserved, and leave the rest to the calls under way", () => {
    const sub = lent(300);
    // A call under way has reserved 270 of the 300 tokens.
    const { moved, ended, spent } = sub.apply(report({ ended: 2, reserved: 30, spent: 25 }));
    expect([ended.length, spent]).toEqual([2, 25]);
    expect(moved.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(200 - 30);
    expect(sub.permits).toMatchObject([{ tokens: 270 }]);
  });

  it("go back only with the tokens that no call under way reserved", () => {
    const sub = lent(300);
    // A call under way has reserved 150 of the 300 tokens.
    const { moved, back, spent } = sub.apply(report({ requests_back: 2, tokens_back: 150 }));
    expect([back.length, spent]).toEqual([2, 0]);
    expect(moved).toMatchObject([{ tokens: 50 }]);
    expect(sub.permits).toMatchObject([{ tokens: 150 }]);
  });

  it("count as spent beyond that where the root lent them apart", () => {
    const apart = [permit(1), { ...permit(2), lease: "root-2" }];
    const sub = new SubLease({ ...lent(200).lease, requests: 2, slots: 2 }, apart);
    expect(sub.apply(report({ ended: 1, reserved: 30, spent: 25 }))).toMatchObject({ moved: [], spent: 25 + 70 });
  });

  it("go back as they are where tokens are not counted", () => {
    const { ended, back } = lent(null).apply(report({ requests_back: 3 }));
    expect([ended.length, back.length]).toEqual([0, 3]);
  });
});
