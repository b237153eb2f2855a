import { PROVIDERS, type ProviderName } from "../../domain/completions/completion.ts";
import type { GateView, KeyView } from "../../domain/gate/protocol/gate-view.ts";
import type { GateObject } from "../../domain/gate/protocol/messages.ts";
import { limitsOf, type ProviderKeys } from "../tenants/provider-keys.ts";
import type { Upstreams } from "../tenants/upstreams.ts";

/** A tenant's gate to one provider. `api_key` is the last four characters of the key's secret. */
export interface ProviderGateView extends Omit<GateView, "keys"> {
  provider: ProviderName;
  keys: (KeyView & { api_key: string })[];
}

/** Shows a tenant's gates as they are now, its upstreams' too, without those that have no key. */
export type ReadGate = (tenantId: string) => Promise<ProviderGateView[]>;

/** Builds {@link ReadGate} over the gates' objects. */
export function createReadGate(deps: {
  keysFor: ProviderKeys["keysFor"];
  upstreamsOf: Upstreams["upstreamsOf"];
  gateOf(tenantId: string, provider: ProviderName): Pick<GateObject, "view">;
}): ReadGate {
  return async function readGate(tenantId) {
    const upstreams = await deps.upstreamsOf(tenantId);
    const views = [...PROVIDERS, ...upstreams.map(({ name }) => name)].map(async (provider) => {
      const known = await deps.keysFor(tenantId, provider);
      if (known.length === 0) return [];
      const { keys, ...view } = await deps.gateOf(tenantId, provider).view(limitsOf(known));
      const hintOf = (name: string) => known.find((key) => key.name === name)?.secret.slice(-4) ?? "";
      return [{ provider, ...view, keys: keys.map((key) => ({ ...key, api_key: `…${hintOf(key.name)}` })) }];
    });
    return (await Promise.all(views)).flat();
  };
}
