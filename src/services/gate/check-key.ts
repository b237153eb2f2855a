import type { BuiltInProvider, ProviderName } from "../../domain/completions/completion.ts";
import { requireWire } from "../../domain/completions/upstream.ts";
import { isAboutAccount } from "../../domain/provider-facts.ts";
import { AppError } from "../../domain/errors.ts";
import type { CallOutcome, GateObject } from "../../domain/gate/protocol/messages.ts";
import type { KeyCheck } from "../../domain/batches/wake-up.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { Provider } from "../../providers/provider.ts";
import { limitsOf, type ProviderKeys, type ProviderKey } from "../tenants/provider-keys.ts";

/**
 * Checks whether a key's provider answers for a model again, and reports it to the gate that asked.
 * A key that was removed is not reported. Throws where the keys cannot be read or the gate does not
 * answer. The same check may then be made again, any number of times: the gate takes each outcome
 * once.
 */
export type CheckKey = (check: KeyCheck) => Promise<void>;

/** What {@link createCheckKey} needs. */
export interface CheckKeyDeps {
  keysFor: ProviderKeys["keysFor"];
  providers: Record<BuiltInProvider, Pick<Provider, "check">>;
  gateOf(tenantId: string, provider: ProviderName): Pick<GateObject, "settle">;
  /** The longest that the provider may take, in ms. */
  timeoutMs: number;
}

/** A check holds no leases. */
const NO_LEASES = { holder: "checks", waiting: 0, renewals: [], reports: [] };

/** Builds {@link CheckKey}. */
export function createCheckKey(deps: CheckKeyDeps): CheckKey {
  /** A refused key is parked. Every other error, a rate limit too, is a check that did not pass. */
  async function outcomeOf(
    { provider, key, model, due_at }: KeyCheck,
    { secret, version, upstream }: ProviderKey,
  ): Promise<CallOutcome> {
    const late = () => new AppError("timeout", `${provider} did not answer within ${deps.timeoutMs} ms.`);
    const deadline = startDeadline(deps.timeoutMs, late);
    try {
      const server = deps.providers[requireWire({ provider, upstream })];
      await server.check(model, { apiKey: secret, upstream, signal: deadline.signal });
      return { kind: "checked", key, model, due_at, passed: true };
    } catch (error) {
      const fact = error instanceof AppError ? error.fact : undefined;
      return isAboutAccount(fact)
        ? { kind: "refused", key, model, status: fact, version }
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
    await deps.gateOf(tenant_id, provider).settle({ ...NO_LEASES, keys: limitsOf(known), outcomes });
  };
}
