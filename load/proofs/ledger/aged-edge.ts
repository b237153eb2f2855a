import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { firstThreadOf } from "../../../scripts/process-usage.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import type { ClockMove, FillRequest, LedgerSizes } from "./aged-worker.ts";

/** A day, ms. */
export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** A tenant of the aged runtime, whose clock the caller moves. */
export class AgedTenant {
  readonly #url: string;
  readonly #key: string;
  readonly #tenant: string;
  readonly #pid: number;
  #made = 0;

  /** `pid` is the engine's process. */
  constructor(url: string, { key, tenant, pid }: { key: string; tenant: string; pid: number }) {
    this.#url = url;
    this.#key = key;
    this.#tenant = tenant;
    this.#pid = pid;
  }

  /** How many executions were delivered. */
  get made(): number {
    return this.#made;
  }

  /** Delivers executions of some hours of a day in the middle of each. Times in Unix ms. */
  async fillDay(dayStart: number, perHour: number, hours = DAY_HOURS): Promise<void> {
    for (let hour = 0; hour < hours; hour++) {
      const hourStart = dayStart + hour * HOUR_MS;
      await this.#put("clock", { to: hourStart + HOUR_MS / 2 } satisfies ClockMove);
      const request: FillRequest = { tenant: this.#tenant, hourStart, count: perHour, first: this.#made };
      await this.#put("fill", request);
      this.#made += perHour;
    }
  }

  /** Moves the clock to a time, Unix ms, and lets the objects do what is due. */
  async passTo(to: number): Promise<void> {
    await this.#put("clock", { tenant: this.#tenant, to } satisfies ClockMove);
  }

  /** How long the engine has computed so far, ms; NaN where the system does not tell. */
  computedMs(): number {
    return firstThreadOf(this.#pid).ranMs;
  }

  /** What all objects store together. */
  async sizes(): Promise<LedgerSizes> {
    const all = await this.measure<LedgerSizes[]>("sizes");
    const sum = (name: keyof LedgerSizes) => all.reduce((total, sizes) => total + sizes[name], 0);
    return {
      databaseBytes: sum("databaseBytes"),
      records: sum("records"),
      recordBytes: sum("recordBytes"),
      rollupBytes: sum("rollupBytes"),
      archivedRecords: sum("archivedRecords"),
      archivedBytes: sum("archivedBytes"),
      blocks: sum("blocks"),
    };
  }

  /** Asks the tenant's ledger behind the API. */
  async measure<T>(what: "sizes" | "usage" | "list" | "insights", query = ""): Promise<T> {
    return this.get<T>(`/aged/${what}?tenant=${this.#tenant}${query}`);
  }

  /** Asks the API with the tenant's key. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.#url + path, { headers: { authorization: `Bearer ${this.#key}` } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async #put(what: string, body: object): Promise<void> {
    const path = `/aged/${what}`;
    const response = await fetch(this.#url + path, { method: "PUT", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  }
}

/**
 * Starts a runtime with a clock of its own, and a tenant. `start` is the midnight at which its time
 * begins, which is in the future: the engine's alarms know the real time only, and so keep still.
 */
export async function withAgedTenant<T>(
  vars: Record<string, string>,
  work: (tenant: AgedTenant, start: number) => Promise<T>,
): Promise<T> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge = stopLater(await RestartableEdge.prepare(mock, { entry: "load/proofs/ledger/aged-worker.ts", vars }));
    const url = await edge.start();
    const headers = { authorization: `Bearer ${edge.rootKey}`, "content-type": "application/json" };
    const response = await fetch(`${url}/v1/tenants`, { method: "POST", headers, body: '{"name":"large"}' });
    const { tenant, key } = (await response.json()) as { tenant: { id: string }; key: { secret: string } };
    const start = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;
    return work(new AgedTenant(url, { key: key.secret, tenant: tenant.id, pid: edge.enginePid() }), start);
  });
}
