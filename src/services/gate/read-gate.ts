import { PROVIDERS, type ProviderName } from "../../domain/completions/completion.ts";
import type { GateView, KeyView } from "../../domain/gate/authority/gate-view.ts";
import type { GateObject } from "./admit.ts";
import { limitsOf, type ProviderKeys } from "../tenants/provider-keys.ts";

/** A tenant's gate to one provider. `api_key` is redacted: the last four characters. */
export interface ProviderGateView extends Omit<GateView, "keys"> {
  provider: ProviderName;
  keys: (KeyView & { api_key: string })[];
}

/** Shows a tenant's gates as they are at this moment, those without a key left out. */
export type ReadGate = (tenantId: string) => Promise<ProviderGateView[]>;

/** The service over the gates' objects. */
export function createReadGate(deps: {
  keysFor: ProviderKeys["keysFor"];
  gateOf(tenantId: string, provider: ProviderName): Pick<GateObject, "view">;
}): ReadGate {
  return async function readGate(tenantId) {
    const views = PROVIDERS.map(async (provider) => {
      const known = await deps.keysFor(tenantId, provider);
      if (known.length === 0) return [];
      const { keys, ...view } = await deps.gateOf(tenantId, provider).view(limitsOf(known));
      const hintOf = (name: string) => known.find((key) => key.name === name)?.secret.slice(-4) ?? "";
      return [{ provider, ...view, keys: keys.map((key) => ({ ...key, api_key: `…${hintOf(key.name)}` })) }];
    });
    return (await Promise.all(views)).flat();
  };
}
