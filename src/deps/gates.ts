import type { Config } from "../config.ts";
import type { ProviderName } from "../domain/completions/completion.ts";
import type { GateObject, Purpose } from "../domain/gate/protocol/messages.ts";
import type { ThrottleObject } from "../domain/gate/protocol/throttle-messages.ts";
import { branchName, gateName, type IsolatePlace } from "../domain/object-names.ts";
import { LruMap } from "../lib/lru-map.ts";
import { BranchHealth, nearGate, nearThrottle } from "../services/gate/near-gate.ts";
import { createThrottle, type Throttle } from "../services/gate/throttle.ts";
import { clock, defer, report, sleep } from "./runtime.ts";

/** Branches whose health an isolate knows. */
const MAX_BRANCHES = 1_000;

const runtime = { ...clock, defer, onFault: report };

/** Finds the gate of a tenant's calls to a provider. */
export function gatesOf(env: Env) {
  return (tenantId: string, provider: ProviderName): GateObject =>
    env.PROVIDER_GATE.getByName(gateName(tenantId, provider));
}

/**
 * Finds the gate that this isolate asks for executions: of a large tenant its branch in the region,
 * once the region is known. Test runs have few permits, and ask the root.
 */
export function nearGatesOf(env: Env, { largeTenants }: Config, place: IsolatePlace) {
  const rootOf = gatesOf(env);
  const healthOf = branchHealths();
  return (tenantId: string, provider: ProviderName, purpose: Purpose): GateObject => {
    if (purpose !== "execution" || !largeTenants.has(tenantId)) return rootOf(tenantId, provider);
    const { branch } = place;
    if (branch === null) return rootOf(tenantId, provider);
    const name = branchName(gateName(tenantId, provider), branch);
    return nearGate(runtime, {
      branch: () => env.PROVIDER_GATE.getByName(name),
      root: () => rootOf(tenantId, provider),
      health: healthOf(name),
    });
  };
}

/** Counts requests at the throttles of tenants, of large ones at their branches in the region. */
export function buildThrottle(env: Env, { tenantLimits: limits, largeTenants }: Config, place: IsolatePlace): Throttle {
  const rootOf = (tenantId: string): ThrottleObject => env.TENANT_THROTTLE.getByName(tenantId);
  const healthOf = branchHealths();
  const objectOf = (tenantId: string): ThrottleObject => {
    const branch = largeTenants.has(tenantId) ? place.branch : null;
    if (branch === null) return rootOf(tenantId);
    const name = branchName(tenantId, branch);
    return nearThrottle(runtime, {
      branch: () => env.TENANT_THROTTLE.getByName(name),
      root: () => rootOf(tenantId),
      health: healthOf(name),
    });
  };
  return createThrottle({ ...runtime, limits, objectOf, sleep });
}

function branchHealths(): (name: string) => BranchHealth {
  const healths = new LruMap<string, BranchHealth>({ maxEntries: MAX_BRANCHES });
  return (name) => {
    let health = healths.get(name);
    if (!health) healths.set(name, (health = new BranchHealth()));
    return health;
  };
}
