import type { FlightObject } from "../../src/services/completions/flights.ts";
import type { GateBranchObject, GateObject } from "../../src/domain/gate/protocol/messages.ts";
import type { ThrottleBranchObject, ThrottleObject } from "../../src/domain/gate/protocol/throttle-messages.ts";
import type { BudgetsBranchObject, BudgetsObject } from "../../src/domain/budgets/protocol/loan-messages.ts";
import { gateName, rootOfBudgets, rootOfGate, rootOfThrottle } from "../../src/domain/object-names.ts";
import { BranchThrottleHost } from "./branch-throttle-host.ts";
import { BranchHost } from "./branch-host.ts";
import { BudgetsBranchHost, BudgetsHost } from "./budgets-host.ts";
import { FlightHost } from "./flight-host.ts";
import { GateHost, ThrottleHost } from "./gate-host.ts";
import { type LedgerCalls, LedgerHost } from "./ledger-host.ts";
import type { Ground, ObjectShare, ObjectSite, SiteLoad } from "./object-site.ts";
import type { Place } from "./places.ts";
import type { Tenant } from "./population.ts";

/** An object with its site. */
interface Host {
  readonly site: ObjectSite;
  evict(awayMs?: number): void;
}

/** Faults that are planted, to see that they are found. */
export interface PlantedFaults {
  /** The share of the ledger's blocks that are confirmed and not written. */
  dropped_blocks?: number;
  /** Replicas of the databases answer from whatever state they have. */
  careless_replicas?: boolean;
  /** Gates that know nothing of each other: one for each place. */
  double_gates?: boolean;
  /** Budgets that know nothing of each other: one for each place. */
  double_budgets?: boolean;
}

/** All objects of the deployment, each made near its tenant when it is first called. */
export class ScaleObjects {
  readonly #ground: Ground;
  readonly #tenants: ReadonlyMap<string, Tenant>;
  readonly #planted: PlantedFaults;
  readonly #hosts = new Map<string, Host>();

  constructor(ground: Ground, tenants: ReadonlyMap<string, Tenant>, planted: PlantedFaults) {
    this.#ground = ground;
    this.#tenants = tenants;
    this.#planted = planted;
  }

  /** The gate of a name, or the branch of one, as isolates of a place call it. */
  gateNamed(name: string, from: Place): GateObject & GateBranchObject {
    const root = rootOfGate(name);
    if (root === null) return { ...NO_BRANCH, ...this.#rootGate(name, from) };
    const shape = { name, root: (place: Place) => this.#rootGate(root, place), share: this.#tenant(name) };
    return { ...NO_ROOT, ...this.#host(`branch ${name}`, () => new BranchHost(this.#ground, shape, from)).stub(from) };
  }

  #rootGate(root: string, from: Place): GateObject {
    const tenant = this.#tenant(root);
    const name = `${root}${this.#planted.double_gates ? `/${from.name}` : ""}`;
    const shape = { concurrency: tenant.concurrency, ...rootShare(tenant) };
    return this.#host(`gate ${name}`, () => new GateHost(this.#ground, name, tenant.home, shape)).stub(from);
  }

  /** The throttle of a name, or the branch of one, as isolates of a place call it. */
  throttleNamed(name: string, from: Place): ThrottleObject & ThrottleBranchObject {
    const root = rootOfThrottle(name);
    if (root === null) return { ...NO_BRANCH, ...this.#rootThrottle(name, from) };
    const shape = { name, root: (place: Place) => this.#rootThrottle(root, place), share: this.#tenant(name) };
    const create = () => new BranchThrottleHost(this.#ground, shape, from);
    return { ...NO_ROOT, ...this.#host(`throttle branch ${name}`, create).stub(from) };
  }

  #rootThrottle(tenantId: string, from: Place): ThrottleObject {
    const tenant = this.#tenant(tenantId);
    const create = () => new ThrottleHost(this.#ground, tenant.id, tenant.home, rootShare(tenant));
    return this.#host(`throttle ${tenant.id}`, create).stub(from);
  }

  /** The budgets of a name, or the branch of some, as isolates of a place call them. */
  budgetsNamed(name: string, from: Place): Pick<BudgetsObject, "ask"> & BudgetsBranchObject {
    const root = rootOfBudgets(name);
    if (root === null) return { ...NO_BRANCH, ...this.#rootBudgets(name, from).stub(from) };
    const shape = { name, root: (place: Place) => this.#rootBudgets(root, place), share: this.#tenant(name) };
    const create = () => new BudgetsBranchHost(this.#ground, shape, from);
    return { ...NO_ROOT, ...this.#host(`budgets branch ${name}`, create).stub(from) };
  }

  #rootBudgets(tenantId: string, from: Place): BudgetsHost {
    const tenant = this.#tenant(tenantId);
    const name = `${tenantId}${this.#planted.double_budgets ? `/${from.name}` : ""}`;
    const shape = { budgets: tenant.budgets, part: 1 / tenant.slowness, ...rootShare(tenant) };
    return this.#host(`budgets ${name}`, () => new BudgetsHost(this.#ground, name, tenant.home, shape));
  }

  flightOf(name: string, from: Place): FlightObject {
    const tenant = this.#tenant(name);
    return this.#host(`flight ${name}`, () => new FlightHost(this.#ground, name, tenant.home, tenant)).stub(from);
  }

  ledgerOf(tenantId: string, share: number, from: Place): LedgerCalls {
    return this.ledger(tenantId, share).stub(from);
  }

  /** The object of a share. */
  ledger(tenantId: string, share: number): LedgerHost {
    const { home, slowness, weight } = this.#tenant(tenantId);
    const name = `${tenantId}/${share}`;
    const { dropped_blocks: dropped = 0 } = this.#planted;
    const shape = { slowness, weight, dropped, ledgerOf: (...of: Parameters<LedgerOf>) => this.ledgerOf(...of) };
    return this.#host(`ledger ${name}`, () => new LedgerHost(this.#ground, name, home, shape));
  }

  /** How busy they were. */
  loads(): SiteLoad[] {
    return [...this.#hosts.values()].flatMap(({ site }) => site.load() ?? []);
  }

  /** Evicts one object at random. */
  evictOne(): void {
    const hosts = [...this.#hosts.values()];
    hosts[Math.floor(this.#ground.random.between(0, hosts.length))]?.evict();
  }

  /** A data centre is lost: its objects go on elsewhere after a while. */
  leave(lost: Place, next: Place, awayMs: number): void {
    for (const host of this.#hosts.values()) {
      if (host.site.place !== lost) continue;
      host.evict(awayMs);
      host.site.place = next;
    }
  }

  /** The places of a gate's branches, one for each branch. */
  placesOfBranches(tenantId: string, provider: string): Place[] {
    const branches = [...this.#hosts.values()].filter((host) => host instanceof BranchHost);
    return branches
      .map(({ site }) => site)
      .flatMap(({ name, place }) => (rootOfGate(name) === gateName(tenantId, provider) ? [place] : []));
  }

  /** Slots that a gate has lent to its branches in a place and not got back, by lease. */
  lentToBranches(tenantId: string, provider: string, place: Place): ReadonlyMap<string, number> {
    const name = gateName(tenantId, provider);
    const root = this.#hosts.get(`gate ${name}`);
    if (!(root instanceof GateHost)) return new Map();
    const branches = [...this.#hosts.values()].filter(
      (host) => host instanceof BranchHost && host.site.place === place,
    );
    const own = branches.filter(({ site }) => rootOfGate(site.name) === name);
    return new Map(own.flatMap(({ site }) => [...root.lentTo(`${site.name}#`)]));
  }

  /** The tenant that an object's name begins with. */
  #tenant(name: string): Tenant {
    const tenant = this.#tenants.get(name.split("/", 1)[0] ?? "");
    if (!tenant) throw new Error(`an object of nobody: ${name}`);
    return tenant;
  }

  #host<T extends Host>(name: string, create: () => T): T {
    const known = this.#hosts.get(name) as T | undefined;
    if (known) return known;
    const made = create();
    this.#hosts.set(name, made);
    return made;
  }
}

type LedgerOf = (tenantId: string, share: number, from: Place) => LedgerCalls;

const refuse = async (): Promise<never> => Promise.reject(new Error("This object has another role."));
/** What an object of the deployment refuses in either role. */
const NO_ROOT = { acquire: refuse, settle: refuse, view: refuse, ask: refuse };
const NO_BRANCH = { branchAcquire: refuse, branchSettle: refuse, branchAsk: refuse };

/** A thinned world has all branches, and each of them asks its root as often as it ever does. */
function rootShare({ hasBranches, slowness, weight }: Tenant): ObjectShare {
  return hasBranches ? { slowness: 1, weight: 1 } : { slowness, weight };
}
