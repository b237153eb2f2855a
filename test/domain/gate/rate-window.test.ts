import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateWindow, slotOf } from "../../../src/domain/gate/authority/rate-window.ts";

const SEED = 20_261_124;
const NOW = 1_000_000;
const MINUTE = 60_000;

/** Takes all that there is every 50 ms for some minutes, and returns what it took when. */
function takeAll(limit: number, minutes: number): { at: number; amount: number }[] {
  const window = new RateWindow(limit, NOW);
  const taken: { at: number; amount: number }[] = [];
  for (let at = NOW; at < NOW + minutes * MINUTE; at += 50) {
    const amount = Math.floor(window.room(1, at));
    if (amount < 1) continue;
    window.take(slotOf(at), amount, at);
    taken.push({ at, amount });
  }
  return taken;
}

describe("a rate window", () => {
  it.each([60, 600, 30_000])(
    "of %i a minute is never exceeded, is used up, and never pauses under constant demand",
    (limit) => {
      const taken = takeAll(limit, 4);
      let most = 0;
      let sum = 0;
      for (let first = 0, last = 0; last < taken.length; last++) {
        sum += taken[last]?.amount ?? 0;
        for (; (taken[first]?.at ?? 0) <= (taken[last]?.at ?? 0) - MINUTE; first++) sum -= taken[first]?.amount ?? 0;
        most = Math.max(most, sum);
      }
      expect(most).toBeLessThanOrEqual(limit);
      const all = taken.reduce((total, { amount }) => total + amount, 0);
      expect(all / (4 * limit)).toBeGreaterThan(0.96);
      const pauses = taken.slice(1).map(({ at }, index) => at - (taken[index]?.at ?? 0));
      expect(Math.max(...pauses)).toBeLessThanOrEqual(Math.max(300, (1.5 * MINUTE) / limit));
    },
  );

  it("allows a burst after an idle time, and not a second one right after it", () => {
    const window = new RateWindow(600, NOW);
    expect(window.room(1, NOW)).toBe(30);
    window.take(slotOf(NOW), 30, NOW);
    expect(window.room(1, NOW + 50)).toBe(0);
    expect(window.room(1, NOW + 10 * MINUTE)).toBe(30);
  });

  it("is never exceeded, whatever is taken, given back and settled in whatever order", () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 3_000 }),
      want: fc.integer({ min: 1, max: 40 }),
      fate: fc.constantFrom("kept", "given back", "settled"),
    });
    const property = fc.property(
      fc.integer({ min: 20, max: 300 }),
      fc.array(step, { maxLength: 200 }),
      (limit, steps) => {
        const window = new RateWindow(limit, NOW);
        const used: { at: number; amount: number }[] = [];
        let now = NOW;
        for (const { wait, want, fate } of steps) {
          now += wait;
          const amount = Math.min(want, Math.floor(window.room(1, now)));
          if (amount < 1) continue;
          // Usable for 2 s from now: charged to the last moment and used at the first.
          const slot = slotOf(now + 2_000);
          window.take(slot, amount, now);
          if (fate === "given back") window.giveBack(slot, amount);
          else used.push({ at: now, amount });
          if (fate === "settled") window.settle(slot, amount, slotOf(now), amount, now);
          const within = used.filter(({ at }) => at > now - MINUTE);
          expect(within.reduce((sum, each) => sum + each.amount, 0)).toBeLessThanOrEqual(limit);
        }
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});
