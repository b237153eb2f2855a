import type { Config } from "../config.ts";
import type { ProviderName } from "../domain/completions/completion.ts";
import type { GateObject } from "../domain/gate/protocol/messages.ts";
import { gateName, type IsolatePlace } from "../domain/object-names.ts";
import { createNearGates, createNearThrottles } from "../services/gate/near-objects.ts";
import { createThrottle, type Throttle } from "../services/gate/throttle.ts";
import { clock, defer, report, sleep } from "./runtime.ts";

const runtime = { ...clock, defer, onFault: report };

/** Finds the gate of a tenant's calls to a provider. */
export function gatesOf(env: Env) {
  return (tenantId: string, provider: ProviderName): GateObject =>
    env.PROVIDER_GATE.getByName(gateName(tenantId, provider));
}

/** Finds the gate that this isolate asks: see {@link createNearGates}. */
export function nearGatesOf(env: Env, { largeTenants }: Config, place: IsolatePlace) {
  const named = (name: string) => env.PROVIDER_GATE.getByName(name);
  return createNearGates(runtime, { place, largeTenants, named });
}

/** Counts requests at the throttles of tenants, of large ones at their branches in the region. */
export function buildThrottle(env: Env, { tenantLimits: limits, largeTenants }: Config, place: IsolatePlace): Throttle {
  const named = (name: string) => env.TENANT_THROTTLE.getByName(name);
  const objectOf = createNearThrottles(runtime, { place, largeTenants, named });
  return createThrottle({ ...runtime, limits, objectOf, sleep });
}
