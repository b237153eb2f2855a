import { describe, expect, it } from "vitest";
import { createAdmit } from "../../../src/services/gate/admit.ts";
import type { Admission } from "../../../src/services/gate/admission.ts";
import { localGate } from "../../support/local-gate.ts";

const NOW = 1_000_000;
const KEY = { name: "a", version: 1, secret: "s", weight: 1, rpm: null, tpm: null, max_concurrency: 2 };

/**
 * An isolate over the real gate, with a clock of its own. `cancelAll` does to all timers what the
 * platform does to those of a request: they never ring, and nothing that waits for them goes on. A
 * call that the platform cancelled is one that nobody ends.
 */
function isolateOf() {
  let now = NOW;
  let timers: { at: number; ring: () => void }[] = [];
  const gate = localGate(() => now);
  const admit = createAdmit({
    now: () => now,
    sleep: async (ms) => new Promise((resolve) => timers.push({ at: now + ms, ring: resolve })),
    defer: () => undefined,
    gateOf: () => gate,
    newestKeys: async () => [KEY],
    newId: () => "here",
    onFault: () => undefined,
  });
  /** Lets everything run that waits for no timer. */
  const settled = async () => new Promise<void>((resolve) => void setImmediate(resolve));
  return {
    used: async () => (await gate.view([{ ...KEY }])).concurrency.used,
    admit: async (): Promise<Admission | null> =>
      admit({
        tenant_id: "ten",
        provider: "openai",
        purpose: "execution",
        model: "m",
        lane: "standard",
        keys: [KEY],
        avoid: [],
        tokens: 1,
        hold_ms: 60_000,
        patience_ms: 0,
        signal: new AbortController().signal,
      }).catch(() => null),
    cancelAll: () => void (timers = []),
    async pass(ms: number): Promise<void> {
      for (const end = now + ms; now < end; now += 50) {
        const due = timers.filter(({ at }) => at <= now);
        timers = timers.filter(({ at }) => at > now);
        for (const { ring } of due) ring();
        await settled();
      }
    },
  };
}

describe("an isolate whose requests the platform cancelled in the middle of their calls", () => {
  it.each([
    ["the timers of those requests died, too", true],
    ["the timers of other requests renew the lease", false],
  ])("serves later callers after the lane's longest call where %s", async (_case, timersDie) => {
    const isolate = isolateOf();
    expect([await isolate.admit(), await isolate.admit()].every((admission) => admission !== null)).toBe(true);
    if (timersDie) isolate.cancelAll();
    const servedInMinute: number[] = [];
    for (let minute = 0; minute < 3; minute++) {
      let served = 0;
      for (let second = 0; second < 60; second++) {
        const admission = await isolate.admit();
        if (admission) served += 1;
        admission?.end(1, null);
        await isolate.pass(1_000);
      }
      servedInMinute.push(served);
    }
    expect(servedInMinute[0]).toBe(0);
    expect(servedInMinute[1]).toBeGreaterThanOrEqual(54);
    expect(servedInMinute[2]).toBe(60);
    await isolate.pass(20_000);
    expect(await isolate.used()).toBe(0);
  });
});
