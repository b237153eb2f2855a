import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LedgerLease, slotsOut } from "../../../src/domain/gate/authority/ledger-lease.ts";
import { SlotCounts } from "../../../src/domain/gate/authority/slot-counts.ts";
import { leaseOf } from "./support.ts";

const NOTHING = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0 };

/** A lease of a ledger with ten slots. */
function heldOf(holder: string, model: string, hold_ms: number): LedgerLease {
  const use = { part: 0, holder, purpose: "execution" as const, granted_at: 0, slot: 0, hold_ms, hold_until: 0 };
  return { ...leaseOf({ model, slots: 10 }), ...use, leaving: 0, told: { ...NOTHING } };
}

describe("the slots of a kind of calls", () => {
  const some = fc.array(fc.record({ at: fc.nat(7), leaves: fc.boolean(), slots: fc.integer({ min: 1, max: 4 }) }));

  it("are those of its leases that do not leave, also after a restart", () => {
    fc.assert(
      fc.property(some, (steps) => {
        const holders = ["w1", "w2"].flatMap((holder) => ["m", "n"].map((model) => ({ holder, model })));
        const leases = holders.flatMap(({ holder, model }) => [60_000, 120_000].map((ms) => heldOf(holder, model, ms)));
        const counts = new SlotCounts();
        for (const lease of leases) counts.take(lease, lease.slots);
        for (const { at, leaves, slots } of steps) {
          const lease = leases[at] ?? heldOf("w1", "m", 60_000);
          const most = leaves ? slotsOut(lease) - lease.leaving : slotsOut(lease);
          const moved = Math.min(slots, most);
          if (leaves) counts.markLeaving(lease, moved);
          else {
            counts.free(lease, moved);
            lease.told.slots_back += moved;
          }
        }
        const restored = new SlotCounts();
        for (const lease of leases) restored.restore(lease);
        const left = leases.map((lease) => slotsOut(lease) - lease.leaving);
        expect(leases.map((lease) => counts.inKind(lease))).toEqual(left);
        expect(leases.map((lease) => restored.inKind(lease))).toEqual(left);
      }),
    );
  });
});
