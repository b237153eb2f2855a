import {
  type AcquireRequest,
  BRANCH_LEASE,
  type GateBranchObject,
  type GateObject,
  type Settlement,
  type WorkerReport,
} from "../../domain/gate/protocol/messages.ts";
import type { ThrottleBranchObject, ThrottleObject } from "../../domain/gate/protocol/throttle-messages.ts";
import type { AuthorityDeps } from "./ask-authority.ts";

/** What choosing between a branch and its root needs of the runtime. */
export type NearDeps = Pick<AuthorityDeps, "now" | "defer" | "onFault">;

/** Failures in a row after which the root is asked instead. */
const MAX_FAILS = 3;
/** How long the root is asked then, and while the branch's object runs an earlier version, ms. */
const AWAY_MS = 5_000;

/** Whether a branch answers, as far as an isolate knows. */
export class BranchHealth {
  #fails = 0;
  #awayUntil = 0;

  isAway(now: number): boolean {
    return now < this.#awayUntil;
  }

  noteAnswer(): void {
    this.#fails = 0;
  }

  noteFailure(isMissing: boolean, now: number): void {
    this.#fails += 1;
    if (!isMissing && this.#fails < MAX_FAILS) return;
    this.#fails = 0;
    this.#awayUntil = now + AWAY_MS;
  }
}

/** A branch and its root, as stubs of the present request. */
export interface Near<Branch, Root> {
  branch: () => Branch;
  root: () => Root;
  health: BranchHealth;
}

/**
 * A large tenant's gate as an isolate of a region calls it: its branch there, or the root where the
 * branch does not answer. What an isolate reports goes to whoever lent it. Reports for the other one
 * are told once: where they are lost, its leases end by themselves.
 */
export function nearGate(deps: NearDeps, near: Near<GateBranchObject, GateObject>): GateObject {
  const tellOther = (settlement: Settlement, isOfBranch: boolean) => {
    if (settlement.reports.length === 0) return;
    const told = isOfBranch ? near.branch().branchSettle(settlement) : near.root().settle(settlement);
    deps.defer(told.catch((error: unknown) => deps.onFault("gate_untold", error)));
  };
  return {
    async acquire(request) {
      const isAway = near.health.isAway(deps.now());
      const { own, others } = byLender(request, !isAway);
      tellOther({ ...settlementOf(request), reports: others }, isAway);
      const asked = { ...request, reports: own };
      if (isAway) return near.root().acquire(asked);
      const ask = async () => near.branch().branchAcquire(asked);
      return withBranch(deps, near.health, ask, async () => near.root().acquire(asked));
    },
    async settle(settlement) {
      const isAway = near.health.isAway(deps.now());
      const { own, others } = byLender(settlement, !isAway);
      tellOther({ ...settlementOf(settlement), reports: others }, isAway);
      const renewals = settlement.renewals.filter(({ lease }) => isOfBranch(lease) === !isAway);
      const told = { ...settlement, reports: own, renewals };
      if (own.length + renewals.length + told.outcomes.length === 0) return [];
      if (isAway) return near.root().settle(told);
      const tell = async () => near.branch().branchSettle(told);
      return withBranch(deps, near.health, tell, async () => near.root().settle(told));
    },
    view: async (keys) => near.root().view(keys),
  };
}

/** A large tenant's throttle as an isolate of a region calls it, as {@link nearGate} does. */
export function nearThrottle(deps: NearDeps, near: Near<ThrottleBranchObject, ThrottleObject>): ThrottleObject {
  return {
    async ask(limits, question) {
      const askRoot = async () => near.root().ask(limits, question);
      if (near.health.isAway(deps.now())) return askRoot();
      return withBranch(deps, near.health, async () => near.branch().branchAsk(limits, question), askRoot);
    },
  };
}

/** Asks the branch; where its object knows nothing of branches, the root. Rejects as the branch does. */
export async function withBranch<T>(
  deps: NearDeps,
  health: BranchHealth,
  ask: () => Promise<T>,
  askRoot: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await ask();
    health.noteAnswer();
    return answer;
  } catch (error) {
    const isMissing = isMissingMethod(error);
    health.noteFailure(isMissing, deps.now());
    if (!isMissing) throw error;
    return askRoot();
  }
}

function byLender({ reports }: WorkerReport, ownIsBranch: boolean) {
  return {
    own: reports.filter(({ lease }) => isOfBranch(lease) === ownIsBranch),
    others: reports.filter(({ lease }) => isOfBranch(lease) !== ownIsBranch),
  };
}

/** A settlement of the same holder that says nothing. */
function settlementOf({ holder, keys }: AcquireRequest | Settlement): Settlement {
  return { holder, keys, waiting: 0, renewals: [], reports: [], outcomes: [] };
}

function isOfBranch(lease: string): boolean {
  return lease.startsWith(BRANCH_LEASE);
}

/** What the platform says where an object's class has no method of this name: `workerd`, rpc.c++. */
function isMissingMethod(error: unknown): boolean {
  return error instanceof Error && /does not implement (?:the method )?"/.test(error.message);
}
