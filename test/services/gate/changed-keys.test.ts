import { describe, expect, it } from "vitest";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import type { Admission, EndOutcome } from "../../../src/services/gate/admission.ts";
import { createAdmit } from "../../../src/services/gate/admit.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";
import { keyOf, NOW } from "../../domain/gate/support.ts";
import { localGate } from "../../support/local-gate.ts";

const PASSED: EndOutcome = { kind: "passed", latency_ms: 900, ttft_ms: 300 };

/** A copy of keys of these names, read at a time. */
function copyOf(names: string[], configured_at: number, limits: Partial<KeyLimits> = {}): ProviderKey[] {
  return names.map((name) => ({ ...keyOf(name, limits), secret: `sk-${name}`, configured_at }));
}

/**
 * Isolates at one gate, whose clock stands still. `database` holds the keys as they are; an
 * isolate reads them when the gate says that its copy is outdated, which `reads` counts.
 */
function worldOf() {
  const gate = localGate(() => NOW);
  const database = { keys: copyOf(["a"], NOW), isDown: false, reads: 0 };
  let isolates = 0;
  const isolate = () => {
    const admit = createAdmit({
      now: () => NOW,
      sleep: async () => new Promise(() => undefined),
      defer: () => undefined,
      gateOf: () => gate,
      newestKeys: async () => {
        database.reads += 1;
        if (database.isDown) throw new Error("the shard is down");
        return database.keys;
      },
      newId: () => `i${(isolates += 1)}`,
      onFault: () => undefined,
    });
    return async (keys: ProviderKey[], patience_ms = 5_000): Promise<Admission> =>
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
        patience_ms,
        signal: new AbortController().signal,
      });
  };
  return { database, isolate };
}

/** Makes a call that passes. Returns the secret that it was made with. */
async function call(admitted: Promise<Admission>): Promise<string> {
  const admission = await admitted;
  expect(admission.send()).toBe(true);
  admission.end(1, PASSED);
  return admission.key.secret;
}

describe("an isolate whose tenant changes its provider keys", () => {
  it.each([
    ["without limits", {}],
    ["with a limit of their concurrency", { max_concurrency: 10 }],
  ])("calls with the new key at once, whatever it holds of the one that is gone, %s", async (_case, limits) => {
    const admit = worldOf().isolate();
    expect(await call(admit(copyOf(["a"], NOW, limits)))).toBe("sk-a");
    expect(await call(admit(copyOf(["b"], NOW + 1, limits)))).toBe("sk-b");
    expect(await call(admit(copyOf(["a"], NOW + 2, limits)))).toBe("sk-a");
  });

  it("calls with the new key where the caller read the keys before the change", async () => {
    const admit = worldOf().isolate();
    await call(admit(copyOf(["b"], NOW + 1)));
    expect(await call(admit(copyOf(["a"], NOW)))).toBe("sk-b");
  });

  it("sends no call with a permit of the key that is gone", async () => {
    const admit = worldOf().isolate();
    const before = await admit(copyOf(["a"], NOW));
    await call(admit(copyOf(["b"], NOW + 1)));
    expect(before.send()).toBe(false);
    before.cancel();
    expect(await call(admit(copyOf(["a"], NOW)))).toBe("sk-b");
  });
});

describe("an isolate whose copy of the keys is older than the gate's", () => {
  it.each([
    ["waits", 5_000],
    ["takes what there is", 0],
  ])("reads the keys anew and is admitted, for a caller that %s", async (_case, patienceMs) => {
    const { database, isolate } = worldOf();
    const [here, there] = [isolate(), isolate()];
    database.keys = copyOf(["b"], NOW + 1);
    await call(here(database.keys));
    expect(await call(there(copyOf(["a"], NOW), patienceMs))).toBe("sk-b");
    expect(await call(there(copyOf(["a"], NOW), patienceMs))).toBe("sk-b");
    expect(database.reads).toBe(1);
  });

  it("is refused where there are no newer keys, or the database does not answer", async () => {
    const { database, isolate } = worldOf();
    const [here, there] = [isolate(), isolate()];
    await call(here(copyOf(["b"], NOW + 1)));
    const refused = { code: "provider_overloaded", retryable: true };
    await expect(there(copyOf(["a"], NOW))).rejects.toMatchObject(refused);
    database.isDown = true;
    await expect(there(copyOf(["a"], NOW))).rejects.toMatchObject(refused);
    expect(database.reads).toBe(2);
  });
});
