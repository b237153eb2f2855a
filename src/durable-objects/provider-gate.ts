import { DurableObject } from "cloudflare:workers";
import { leaseTimes } from "../domain/gate/authority/gate-settings.ts";
import type { GateView } from "../domain/gate/protocol/gate-view.ts";
import type { AcquireReply, AcquireRequest, KeyLimits, Renewed, Settlement } from "../domain/gate/protocol/messages.ts";
import { objectNamed, rootOfGate } from "../domain/object-names.ts";
import { readConfig } from "../config.ts";
import { describeError, log } from "../telemetry/log.ts";
import { GateBranch } from "./gate-branch.ts";
import { RootGate } from "./root-gate.ts";

/**
 * A tenant's gate to a provider, named `<tenant>/<provider>`: see {@link RootGate}. With a third part
 * in its name it is a branch of that gate, see {@link GateBranch}. Each has methods of its own, and
 * refuses those of the other.
 */
export class ProviderGate extends DurableObject<Env> {
  readonly #root: RootGate | null;
  readonly #branch: GateBranch | null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const name = ctx.id.name ?? "";
    const root = rootOfGate(name);
    this.#root = root === null ? new RootGate(ctx, env) : null;
    this.#branch = root === null ? null : branchOf(env, name, root);
  }

  /** Answers with leases as soon as there are permits, or with a refusal; see `GateObject`. */
  async acquire(request: AcquireRequest): Promise<AcquireReply> {
    return requireRole(this.#root, "gate").acquire(request);
  }

  /** Takes reports of leases and calls, and returns the leases that it renews. */
  settle(settlement: Settlement): Renewed[] {
    return requireRole(this.#root, "gate").settle(settlement);
  }

  /** The gate now, for the keys as they are configured now. What branches hold is in it. */
  view(keys: KeyLimits[]): GateView {
    return requireRole(this.#root, "gate").view(keys);
  }

  /** The same of a branch; see `GateBranchObject`. */
  async branchAcquire(request: AcquireRequest): Promise<AcquireReply> {
    return requireRole(this.#branch, "branch").acquire(request);
  }

  branchSettle(settlement: Settlement): Renewed[] {
    return requireRole(this.#branch, "branch").settle(settlement);
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }
}

/** A branch stores nothing, so an idle one leaves nothing behind. */
function branchOf(env: Env, name: string, root: string): GateBranch {
  return new GateBranch({
    name,
    life: crypto.randomUUID(),
    transit_ms: leaseTimes(readConfig(env).gate.leaseMs).transit_ms,
    root: () => objectNamed(env.PROVIDER_GATE, root),
    now: () => Date.now(),
    onFault: (event, error) => log("error", event, { object: name, error: describeError(error) }),
  });
}

function requireRole<T>(role: T | null, name: string): T {
  if (role === null) throw new Error(`This object is no ${name}.`);
  return role;
}
