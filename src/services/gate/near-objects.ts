import type { ProviderName } from "../../domain/completions/completion.ts";
import type { GateBranchObject, GateObject, Purpose } from "../../domain/gate/protocol/messages.ts";
import type { ThrottleBranchObject, ThrottleObject } from "../../domain/gate/protocol/throttle-messages.ts";
import { branchName, gateName, type IsolatePlace } from "../../domain/object-names.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { BranchHealth, nearGate, type NearDeps, nearThrottle } from "./near-gate.ts";

/** Branches whose health an isolate knows. */
const MAX_BRANCHES = 1_000;

/** Where an isolate is, which tenants have branches, and how an object is found by its name. */
export interface NearObjects<Stub> {
  place: IsolatePlace;
  largeTenants: Pick<ReadonlySet<string>, "has">;
  named: (name: string) => Stub;
}

/**
 * Finds the gate that an isolate asks for executions: of a large tenant its branch in the region,
 * once the region is known. Test runs have few permits, and ask the root.
 */
export function createNearGates(
  deps: NearDeps,
  { place, largeTenants, named }: NearObjects<GateObject & GateBranchObject>,
) {
  const healthOf = branchHealths();
  return (tenantId: string, provider: ProviderName, purpose: Purpose): GateObject => {
    const root = gateName(tenantId, provider);
    const branch = purpose === "execution" && largeTenants.has(tenantId) ? place.branch : null;
    if (branch === null) return named(root);
    const name = branchName(root, branch);
    return nearGate(deps, { branch: () => named(name), root: () => named(root), health: healthOf(name) });
  };
}

/** Finds the throttle that an isolate asks: of a large tenant its branch in the region. */
export function createNearThrottles(
  deps: NearDeps,
  { place, largeTenants, named }: NearObjects<ThrottleObject & ThrottleBranchObject>,
) {
  const healthOf = branchHealths();
  return (tenantId: string): ThrottleObject => {
    const branch = largeTenants.has(tenantId) ? place.branch : null;
    if (branch === null) return named(tenantId);
    const name = branchName(tenantId, branch);
    return nearThrottle(deps, { branch: () => named(name), root: () => named(tenantId), health: healthOf(name) });
  };
}

/** The health of each branch, by its name, as an isolate knows it. */
export function branchHealths(): (name: string) => BranchHealth {
  const healths = new LruMap<string, BranchHealth>({ maxEntries: MAX_BRANCHES });
  return (name) => {
    let health = healths.get(name);
    if (!health) healths.set(name, (health = new BranchHealth()));
    return health;
  };
}
