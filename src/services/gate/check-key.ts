import type { ProviderName } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import type { Outcome } from "../../domain/gate/protocol/messages.ts";
import type { KeyCheck } from "../../domain/batches/wake-up.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { Provider } from "../../providers/provider.ts";
import type { GateObject } from "./admit.ts";
import { limitsOf, type ProviderKeys, type ProviderKey } from "../tenants/provider-keys.ts";

/**
 * Looks whether a key's provider is up for a model again, and tells the gate that asked. A key that is gone is not told of. Throws where the keys cannot be
 * read or the gate does not answer: then the same check may be made again, however often, for the gate takes each outcome once.
 */
export type CheckKey = (check: KeyCheck) => Promise<void>;

/** What {@link createCheckKey} needs. */
export interface CheckKeyDeps {
  keysFor: ProviderKeys["keysFor"];
  providers: Record<ProviderName, Pick<Provider, "check">>;
  gateOf(tenantId: string, provider: ProviderName): Pick<GateObject, "settle">;
  /** How long the provider may take. Milliseconds. */
  timeoutMs: number;
}

/** Who checks holds no leases. */
const NOTHING = { holder: "checks", waiting: 0, renewals: [], reports: [] };

/** The service. */
export function createCheckKey(deps: CheckKeyDeps): CheckKey {
  /** A key that is refused is parked; whatever else goes wrong, being limited too, is a check that did not pass. */
  async function outcomeOf({ provider, key, model, due_at }: KeyCheck, { secret }: ProviderKey): Promise<Outcome> {
    const late = () => new AppError("timeout", `${provider} did not answer within ${deps.timeoutMs} ms.`);
    const deadline = startDeadline(deps.timeoutMs, late);
    try {
      await deps.providers[provider].check(model, { apiKey: secret, signal: deadline.signal });
      return { kind: "checked", key, model, due_at, passed: true };
    } catch (error) {
      const fault = error instanceof AppError ? error.keyFault : undefined;
      return fault
        ? { kind: "refused", key, model, status: fault }
        : { kind: "checked", key, model, due_at, passed: false };
    } finally {
      deadline.clear();
    }
  }

  return async function checkKey(check) {
    const { tenant_id, provider } = check;
    const known = await deps.keysFor(tenant_id, provider);
    const key = known.find(({ name }) => name === check.key);
    if (!key) return;
    const outcomes = [await outcomeOf(check, key)];
    await deps.gateOf(tenant_id, provider).settle({ ...NOTHING, keys: limitsOf(known), outcomes });
  };
}
