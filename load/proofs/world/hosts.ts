import type { Execution } from "../../../src/domain/executions/execution.ts";
import { BudgetsHost } from "./budgets-host.ts";
import { LedgerHost, type LedgerSurroundings } from "./ledger-host.ts";
import type { Ground } from "./network.ts";
import { BUDGETS, BUDGETED_TENANT } from "./tenant-budgets.ts";
import { FlightHost, GateHost, KeyHost } from "./objects.ts";

/** Concurrency that a gate gives to all keys together. */
const EXECUTOR_CONCURRENCY = 100;

/** The objects of a world, each made when it is first called. */
export class Hosts {
  readonly #ground: Ground;
  readonly #gates = new Map<string, GateHost>();
  readonly #flights = new Map<string, FlightHost>();
  readonly #keys = new Map<string, KeyHost>();
  readonly #ledgers = new Map<string, LedgerHost>();
  readonly #budgets: Map<string, BudgetsHost>;
  readonly #ofLedger: LedgerSurroundings;

  constructor(ground: Ground, ofLedger: Omit<LedgerSurroundings, "ledgerOf">) {
    this.#ground = ground;
    this.#ofLedger = { ...ofLedger, ledgerOf: (...of) => this.ledgerOf(...of) };
    this.#budgets = new Map([[BUDGETED_TENANT, new BudgetsHost(ground, BUDGETED_TENANT, BUDGETS, ofLedger.judge)]]);
  }

  gateOf(tenantId: string, provider: string) {
    return hostOf(
      this.#gates,
      `${tenantId}/${provider}`,
      (name) => new GateHost(this.#ground, name, EXECUTOR_CONCURRENCY),
    ).stub();
  }

  flightOf(name: string) {
    return hostOf(this.#flights, name, () => new FlightHost(this.#ground, name)).stub();
  }

  keyOf(name: string) {
    return hostOf(this.#keys, name, () => new KeyHost(this.#ground, name)).stub();
  }

  ledgerOf(tenantId: string, share: number) {
    const create = (name: string) => new LedgerHost(this.#ground, name, this.#ofLedger);
    return hostOf(this.#ledgers, `${tenantId}/${share}`, create).stub();
  }

  /** Checks every object of the ledger at the end. Returns the records of all of them. */
  checkLedger(): Map<string, Execution> {
    const rows = new Map<string, Execution>();
    for (const ledger of this.#ledgers.values()) {
      ledger.checkSums("at the end");
      ledger.checkPeriods();
      ledger.checkSettled();
      for (const record of ledger.records()) rows.set(record.id, record);
    }
    return rows;
  }

  budgetsOf(tenantId: string) {
    return hostOf(
      this.#budgets,
      tenantId,
      (name) => new BudgetsHost(this.#ground, name, [], this.#ofLedger.judge),
    ).stub();
  }

  /** How the budgets stand, and what was lent under them. */
  purse() {
    const hosts = [...this.#budgets.values()];
    const states = hosts.flatMap((host) => host.states());
    return {
      states,
      windows: hosts.flatMap(({ log }) => log.windows()),
      nextExpiry: Math.min(...hosts.map(({ nextExpiry }) => nextExpiry)),
    };
  }

  /** The day of a loan, Unix ms. */
  dayOfLoan(id: string): number | undefined {
    return [...this.#budgets.values()].flatMap(({ log }) => log.dayOf(id) ?? [])[0];
  }

  /** Evicts one object of a random kind. */
  evictOne(): void {
    const { random, history } = this.#ground;
    const kinds: Map<string, { evict(): void }>[] = [
      this.#gates,
      this.#flights,
      this.#keys,
      this.#ledgers,
      this.#budgets,
    ];
    const hosts = [...(kinds[Math.floor(random.between(0, kinds.length))] ?? this.#gates)];
    const [name, host] = hosts[Math.floor(random.between(0, hosts.length))] ?? [];
    history.add(`evict ${name}`);
    host?.evict();
  }
}

function hostOf<T>(hosts: Map<string, T>, name: string, create: (name: string) => T): T {
  const known = hosts.get(name) ?? create(name);
  hosts.set(name, known);
  return known;
}
