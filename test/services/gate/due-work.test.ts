import { describe, expect, it } from "vitest";
import { Life } from "../../../load/proofs/world/life.ts";
import { WorldClock } from "../../../load/proofs/world/world-clock.ts";
import { DueWork } from "../../../src/services/gate/due-work.ts";

/** How long the platform lets go on what a request deferred, ms. */
const DEFERRED_MS = 30_000;

/** An isolate that owes a report every `every` ms, and one more after its last request. */
function isolateOf(every: number) {
  const clock = new WorldClock();
  const state = { told: [] as number[], due: null as number | null, isMore: true };
  const work = new DueWork(
    { now: () => clock.now(), sleep: async (ms) => clock.sleep(ms), defer: (run) => void run.catch(() => undefined) },
    {
      dueAt: () => state.due,
      run: async () => {
        state.told.push(clock.elapsed());
        state.due = state.isMore ? clock.now() + every : null;
        return Promise.resolve();
      },
    },
  );
  const requestAt = (at: number) => {
    const life = new Life("request");
    clock.in(life, at, () => {
      state.due ??= clock.now() + every;
      work.plan();
    });
    clock.in(undefined, at + DEFERRED_MS, () => life.end());
  };
  return { clock, state, requestAt };
}

describe("due work", () => {
  it.each([2_000, 9_000, 13_000])(
    "is done after the last request, however long requests came (every %i ms)",
    async (every) => {
      for (let last = 20_000; last < 60_000; last += 1_500) {
        const { clock, state, requestAt } = isolateOf(every);
        for (let at = 0; at < last; at += 500) requestAt(at);
        clock.in(undefined, last, () => (state.isMore = false));
        await clock.runUntil(200_000);
        expect([last, (state.told.at(-1) ?? 0) >= last, state.due]).toEqual([last, true, null]);
      }
    },
  );

  it("is done once, also where a request takes the timer of an earlier one over", async () => {
    const { clock, state, requestAt } = isolateOf(20_000);
    state.isMore = false;
    for (const at of [0, 6_000, 12_000]) requestAt(at);
    await clock.runUntil(100_000);
    expect(state.told).toEqual([20_000]);
  });
});
