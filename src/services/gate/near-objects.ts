import type { ProviderName } from "../../domain/completions/completion.ts";
import type { GateBranchObject, GateObject, Purpose } from "../../domain/gate/protocol/messages.ts";
import type { ThrottleBranchObject, ThrottleObject } from "../../domain/gate/protocol/throttle-messages.ts";
import { branchName, gateName, type IsolatePlace } from "../../domain/object-names.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { BranchHealth, type Near, nearGate, type NearDeps, nearThrottle } from "./near-gate.ts";

/** Branches whose health an isolate knows. */
const MAX_BRANCHES = 1_000;

/** Where an isolate is, which tenants have branches, and how an object is found by its name. */
export interface NearObjects<Stub> {
  place: IsolatePlace;
  largeTenants: Pick<ReadonlySet<string>, "has">;
  named: (name: string) => Stub;
}

/**
 * Finds the branch in the region of an isolate, by its tenant and the name of its root; null where
 * the tenant has none, and while the region is not known.
 */
export function createBranchFinder<Stub>({ place, largeTenants, named }: NearObjects<Stub>) {
  const healths = new LruMap<string, BranchHealth>({ maxEntries: MAX_BRANCHES });
  return (tenantId: string, root: string): Near<Stub, Stub> | null => {
    const branch = largeTenants.has(tenantId) ? place.branch : null;
    if (branch === null) return null;
    const name = branchName(root, branch);
    let health = healths.get(name);
    if (!health) healths.set(name, (health = new BranchHealth()));
    return { branch: () => named(name), root: () => named(root), health };
  };
}

/**
 * Finds the gate that an isolate asks for executions: of a large tenant its branch in the region.
 * Test runs have few permits, and ask the root.
 */
export function createNearGates(deps: NearDeps, objects: NearObjects<GateObject & GateBranchObject>) {
  const branchOf = createBranchFinder(objects);
  return (tenantId: string, provider: ProviderName, purpose: Purpose): GateObject => {
    const root = gateName(tenantId, provider);
    const near = purpose === "execution" ? branchOf(tenantId, root) : null;
    return near ? nearGate(deps, near) : objects.named(root);
  };
}

/** Finds the throttle that an isolate asks: of a large tenant its branch in the region. */
export function createNearThrottles(deps: NearDeps, objects: NearObjects<ThrottleObject & ThrottleBranchObject>) {
  const branchOf = createBranchFinder(objects);
  return (tenantId: string): ThrottleObject => {
    const near = branchOf(tenantId, tenantId);
    return near ? nearThrottle(deps, near) : objects.named(tenantId);
  };
}
