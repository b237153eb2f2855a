import { describe, expect, it } from "vitest";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import type { Admission, EndOutcome } from "../../../src/services/gate/admission.ts";
import { createAdmit } from "../../../src/services/gate/admit.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";
import { keyOf, NOW } from "../../domain/gate/support.ts";
import { localGate } from "../../support/local-gate.ts";

const PASSED: EndOutcome = { kind: "passed", latency_ms: 900, ttft_ms: 300 };
const FAILED: EndOutcome = { kind: "failed" };
const LIMITED: EndOutcome = { kind: "limited", retry_after_ms: 1, rpm: 60 };

/** Isolates at one gate under one clock. `asked` lists their questions and reports. */
function worldOf(limits: Partial<KeyLimits> = {}) {
  let now = NOW;
  let timers: { at: number; ring: () => void }[] = [];
  const keys: ProviderKey[] = [{ ...keyOf("a", limits), secret: "a" }];
  const gate = localGate(() => now);
  const asked: string[] = [];
  let views = 0;
  const counted: typeof gate = {
    ...gate,
    view: async (shown) => {
      views += 1;
      await deps.sleep(50);
      return gate.view(shown);
    },
    acquire: async (request) => {
      asked.push("acquire");
      return gate.acquire(request);
    },
    settle: async (settlement) => {
      asked.push("settle");
      return gate.settle(settlement);
    },
  };
  const settled = async () => new Promise<void>((resolve) => void setImmediate(resolve));
  const deps = {
    now: () => now,
    sleep: async (ms: number) => new Promise<void>((ring) => timers.push({ at: now + ms, ring })),
    defer: () => undefined,
    gateOf: () => counted,
    newestKeys: async () => keys,
    onFault: () => undefined,
  };
  let isolates = 0;
  return {
    asked,
    views: () => views,
    keys,
    gate,
    /** An isolate: admits a call, or says why not. */
    isolate() {
      const admit = createAdmit({
        ...deps,
        newId: () => `i${(isolates += 1)}`,
        freeCalls: { most: 2, random: () => 0.5 },
      });
      return async (): Promise<Admission | null> =>
        admit({
          tenant_id: "ten",
          provider: "openai",
          purpose: "execution",
          model: "m",
          lane: "standard",
          keys,
          avoid: [],
          tokens: 1,
          hold_ms: 60_000,
          patience_ms: 0,
          signal: new AbortController().signal,
        }).catch(() => null);
    },
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

/** Makes a call that ends so. Says whether it was admitted. */
async function call(admit: () => Promise<Admission | null>, outcome = PASSED): Promise<boolean> {
  const admission = await admit();
  const isSent = admission?.send() ?? false;
  if (isSent) admission?.end(1, outcome);
  else admission?.cancel();
  return isSent;
}

describe("calls with keys without limits", () => {
  it("ask no gate, one call after the other; the first looks behind its reply, and one an hour later", async () => {
    const world = worldOf();
    const admit = world.isolate();
    for (let minute = 0; minute < 90; minute++) {
      expect(await call(admit)).toBe(true);
      await world.pass(1_000);
      if (minute === 0 || minute === 60) await world.pass(3_600_000 / 60);
    }
    expect(world.asked).toEqual([]);
    expect(world.views()).toBe(1);
    await world.pass(3_600_000);
    await call(admit);
    expect(world.views()).toBe(2);
  });

  it("ask for more than two at a time, and the gate counts those that asked", async () => {
    const world = worldOf();
    const admit = world.isolate();
    const open = [await admit(), await admit(), await admit(), await admit()];
    expect(open.every((admission) => admission?.send())).toBe(true);
    expect(world.asked.filter((what) => what === "acquire").length).toBeGreaterThan(0);
    expect((await world.gate.view(world.keys)).concurrency.used).toBe(2);
    for (const admission of open) admission?.end(1, PASSED);
    await world.pass(30_000);
    expect((await world.gate.view(world.keys)).concurrency.used).toBe(0);
  });

  it.each([{ rpm: 600 }, { tpm: 60_000 }, { max_concurrency: 5 }])("do not exist for a key with %o", async (limit) => {
    const world = worldOf(limit);
    const admit = world.isolate();
    await call(admit);
    expect(world.asked).toEqual(["acquire"]);
    await world.pass(30_000);
    await call(admit);
    expect(world.views()).toBe(0);
  });

  it("end when one fails: the gate hears of the passes before it and of the failure, and is asked again", async () => {
    const world = worldOf();
    const admit = world.isolate();
    await call(admit);
    await call(admit, FAILED);
    expect(await call(admit)).toBe(true);
    expect(world.asked).toContain("acquire");
    const [key] = (await world.gate.view(world.keys)).keys;
    expect([key?.latency_ms, key?.breakers[0]?.state]).toEqual([900, "closed"]);
    // A later call looks at the gate, which knows of nothing, so the next calls are free again.
    await world.pass(30_000);
    await call(admit);
    await world.pass(30_000);
    const before = world.asked.length;
    expect(await call(admit)).toBe(true);
    expect(world.asked.length).toBe(before);
  });

  it("open the breaker by three failures in a row, whichever isolates they come from", async () => {
    const world = worldOf();
    for (let isolate = 0; isolate < 3; isolate++) {
      await call(world.isolate(), FAILED);
      await world.pass(200);
    }
    // A new isolate looks behind its first call, and asks from then on.
    const admit = world.isolate();
    expect(await call(admit)).toBe(true);
    await world.pass(100);
    expect(await call(admit)).toBe(false);
  });

  it("turn lending on when the provider refuses one, in every isolate after its first call", async () => {
    const world = worldOf();
    const [first, second] = [world.isolate(), world.isolate()];
    await call(first, LIMITED);
    await world.pass(200);
    expect((await world.gate.view(world.keys)).keys[0]?.requests.limit).toBe(60);
    expect(await call(second)).toBe(true);
    await world.pass(5_000);
    for (const admit of [first, second]) {
      const before = world.asked.filter((what) => what === "acquire").length;
      await call(admit);
      expect(world.asked.filter((what) => what === "acquire").length).toBe(before + 1);
    }
    expect((await world.gate.view(world.keys)).keys[0]?.requests.used).toBe(2);
  });

  it("are not sent once the gate must decide", async () => {
    const world = worldOf();
    const admit = world.isolate();
    const waiting = await admit();
    await call(admit, FAILED);
    expect(waiting?.send()).toBe(false);
  });

  it("that the platform cancelled do not keep the isolate from free calls for ever", async () => {
    const world = worldOf();
    const admit = world.isolate();
    for (const admission of [await admit(), await admit()]) expect(admission?.send()).toBe(true);
    await world.pass(66_000);
    const before = world.asked.length;
    expect(await call(admit)).toBe(true);
    expect(world.asked.length).toBe(before);
  });
});
