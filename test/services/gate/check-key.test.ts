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

/**
 * {@link createCheckKey} over a provider and a gate that a test scripts. `reported` is what the
 * gate heard.
 */
function world(check: Provider["check"], more: { keys?: string[]; settle?: () => Promise<void> } = {}) {
  const reported: [string, Settlement["outcomes"]][] = [];
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
        reported.push([`${tenantId}/${name}`, settlement.outcomes]);
        return [];
      },
    }),
    timeoutMs: 10,
  });
  return { reported, checked, checkKey };
}

const throwing = (error: Error) => async () => {
  throw error;
};
const outcome = { key: "main", model: "gpt-4o-mini" };

describe("checkKey", () => {
  it("asks the provider once with that key, and reports to the gate", async () => {
    const { reported, checked, checkKey } = world(async () => undefined);
    await checkKey(CHECK);
    expect(checked).toEqual(["gpt-4o-mini by sk-main"]);
    expect(reported).toEqual([["ten_a/openai", [{ kind: "checked", ...outcome, due_at: 5_000, passed: true }]]]);
  });

  it.each([
    ["a fault", new AppError("provider_error", "500", { retryable: true })],
    ["a limit", new AppError("rate_limit_error", "429", { retryAfterMs: 60_000 })],
    ["an error that is no AppError", new TypeError("boom")],
  ])("reports a failed check on %s", async (_what, error) => {
    const { reported, checkKey } = world(throwing(error));
    await checkKey(CHECK);
    expect(reported).toEqual([["ten_a/openai", [{ kind: "checked", ...outcome, due_at: 5_000, passed: false }]]]);
  });

  it.each(["credentials", "quota"] as const)("reports a key that the provider refuses for its %s", async (status) => {
    const { reported, checkKey } = world(throwing(new AppError("provider_error", "no", { fact: status })));
    await checkKey(CHECK);
    expect(reported).toEqual([["ten_a/openai", [{ kind: "refused", ...outcome, status, version: 1 }]]]);
  });

  it("reports a failed check where the provider takes longer than the timeout", async () => {
    const { reported, checkKey } = world(
      async (_model, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    );
    await checkKey(CHECK);
    expect(reported[0]?.[1]).toMatchObject([{ kind: "checked", passed: false }]);
  });

  it("neither asks nor reports where the key was removed", async () => {
    const { reported, checked, checkKey } = world(async () => undefined, { keys: ["other"] });
    await checkKey(CHECK);
    expect([reported, checked]).toEqual([[], []]);
  });

  it("throws where the gate does not answer, so that the queue delivers the check again", async () => {
    const { checkKey } = world(async () => undefined, { settle: throwing(new Error("the gate is down")) });
    await expect(checkKey(CHECK)).rejects.toThrow("the gate is down");
  });
});
