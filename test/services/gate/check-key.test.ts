import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import type { Settlement } from "../../../src/domain/gate/protocol/messages.ts";
import type { KeyCheck } from "../../../src/domain/batches/wake-up.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { createCheckKey } from "../../../src/services/gate/check-key.ts";

const CHECK: KeyCheck = {
  type: "check",
  tenant_id: "ten_a",
  provider: "openai",
  key: "main",
  model: "gpt-4o-mini",
  due_at: 5_000,
};
const LIMITS = { version: 1, weight: 1, rpm: null, tpm: null, max_concurrency: null };

/** The service over a provider and a gate that do as a test says; `told` is what the gate heard. */
function house(check: Provider["check"], more: { keys?: string[]; settle?: () => Promise<void> } = {}) {
  const told: [string, Settlement["outcomes"]][] = [];
  const checked: string[] = [];
  const provider = {
    check: async (...of: Parameters<Provider["check"]>) => {
      checked.push(`${of[0]} by ${of[1].apiKey}`);
      await check(...of);
    },
  };
  const checkKey = createCheckKey({
    keysFor: async () => (more.keys ?? ["other", "main"]).map((name) => ({ ...LIMITS, name, secret: `sk-${name}` })),
    providers: { openai: provider, anthropic: provider },
    gateOf: (tenantId, name) => ({
      async settle(settlement) {
        await more.settle?.();
        expect(JSON.stringify(settlement)).not.toContain("sk-");
        expect(settlement.keys.map((key) => key.name)).toEqual(more.keys ?? ["other", "main"]);
        told.push([`${tenantId}/${name}`, settlement.outcomes]);
        return [];
      },
    }),
    timeoutMs: 10,
  });
  return { told, checked, checkKey };
}

const throwing = (error: Error) => async () => {
  throw error;
};
const outcome = { key: "main", model: "gpt-4o-mini" };

describe("the check of a key", () => {
  it("asks the provider with that key once, and tells the gate that asked", async () => {
    const { told, checked, checkKey } = house(async () => undefined);
    await checkKey(CHECK);
    expect(checked).toEqual(["gpt-4o-mini by sk-main"]);
    expect(told).toEqual([["ten_a/openai", [{ kind: "checked", ...outcome, due_at: 5_000, passed: true }]]]);
  });

  it.each([
    ["a fault", new AppError("provider_error", "500", { retryable: true })],
    ["a limit", new AppError("rate_limit_error", "429", { retryAfterMs: 60_000 })],
    ["something that is no AppError", new TypeError("boom")],
  ])("has not passed on %s", async (_what, error) => {
    const { told, checkKey } = house(throwing(error));
    await checkKey(CHECK);
    expect(told).toEqual([["ten_a/openai", [{ kind: "checked", ...outcome, due_at: 5_000, passed: false }]]]);
  });

  it.each(["credentials", "quota"] as const)("has the key parked that is refused for its %s", async (status) => {
    const { told, checkKey } = house(throwing(new AppError("provider_error", "no", { keyFault: status })));
    await checkKey(CHECK);
    expect(told).toEqual([["ten_a/openai", [{ kind: "refused", ...outcome, status }]]]);
  });

  it("has not passed where the provider takes longer than a connection may", async () => {
    const { told, checkKey } = house(
      async (_model, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    );
    await checkKey(CHECK);
    expect(told[0]?.[1]).toMatchObject([{ kind: "checked", passed: false }]);
  });

  it("asks and tells nothing of a key that was removed meanwhile", async () => {
    const { told, checked, checkKey } = house(async () => undefined, { keys: ["other"] });
    await checkKey(CHECK);
    expect([told, checked]).toEqual([[], []]);
  });

  it("fails where the gate does not answer, so that it is delivered again", async () => {
    const { checkKey } = house(async () => undefined, { settle: throwing(new Error("the gate is down")) });
    await expect(checkKey(CHECK)).rejects.toThrow("the gate is down");
  });
});
