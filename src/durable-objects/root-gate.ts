import { readConfig } from "../config.ts";
import type { ProviderName } from "../domain/completions/completion.ts";
import { Gate, type GateChanges } from "../domain/gate/authority/gate.ts";
import { leaseTimes } from "../domain/gate/authority/gate-settings.ts";
import type { StoredConfiguration } from "../domain/gate/authority/configuration.ts";
import type { LedgerLease } from "../domain/gate/authority/ledger-lease.ts";
import { adoptOldRows, type StoredKey, type StoredPart } from "../domain/gate/authority/stored-part.ts";
import type { GateView } from "../domain/gate/protocol/gate-view.ts";
import type {
  AcquireReply,
  AcquireRequest,
  DueCheck,
  KeyLimits,
  Renewed,
  Settlement,
} from "../domain/gate/protocol/messages.ts";
import type { KeyCheck } from "../domain/batches/wake-up.ts";
import { describeError, log } from "../telemetry/log.ts";

/**
 * The one authority over a tenant's calls to a provider, inside its object. It hands out leases and
 * calls no provider itself. What is in use is on disk before a reply leaves (the platform's output
 * gate), so an eviction grants nothing twice. A Worker that waits during an eviction sees its call
 * break, and asks again.
 */
export class RootGate {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #gate: Gate;
  readonly #waiting = new Map<string, (reply: AcquireReply) => void>();
  #wakeAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
    const { sql } = ctx.storage;
    sql.exec("create table if not exists keys (name text primary key, value text not null) without rowid");
    // Only earlier versions store leases in rows of their own.
    sql.exec("create table if not exists leases (id text primary key, value text not null) without rowid");
    sql.exec("create table if not exists ledger (part integer primary key, value text not null)");
    sql.exec("create table if not exists configuration (id integer primary key, value text not null)");
    const old = adoptOldRows({
      keys: this.#read<StoredKey>("keys"),
      leases: this.#read<LedgerLease>("leases"),
      parts: this.#read<StoredPart>("ledger"),
    });
    if (old) {
      this.#write(old);
      sql.exec("delete from leases");
    }
    const { leaseMs, freeCalls: _ofIsolates, ...settings } = readConfig(env).gate;
    const epoch = crypto.randomUUID().slice(0, 8);
    this.#gate = new Gate(
      { ...settings, times: leaseTimes(leaseMs), epoch, random: Math.random },
      {
        keys: this.#read<StoredKey>("keys"),
        parts: this.#read<StoredPart>("ledger"),
        configuration: this.#read<StoredConfiguration>("configuration")[0] ?? null,
      },
    );
  }

  /** Answers with leases as soon as there are permits, or with a refusal; see `GateObject`. */
  async acquire(request: AcquireRequest): Promise<AcquireReply> {
    const ticket = this.#gate.acquire(request, Date.now());
    const reply = new Promise<AcquireReply>((resolve) => this.#waiting.set(ticket, resolve));
    this.#drive();
    return reply;
  }

  /** Takes reports of leases and calls, and returns the leases that it renews. */
  settle(settlement: Settlement): Renewed[] {
    const renewed = this.#gate.settle(settlement, Date.now());
    this.#drive();
    return renewed;
  }

  /** The gate now, for the keys as they are configured now. */
  view(keys: KeyLimits[]): GateView {
    const view = this.#gate.view(keys, Date.now());
    this.#drive();
    return view;
  }

  /** Stores changes, sends replies, and plans the next wake-up while a request is pending. */
  #drive(): void {
    this.#store(this.#gate.takeChanges());
    for (const [ticket, reply] of this.#gate.takeReplies()) {
      this.#waiting.get(ticket)?.(reply);
      this.#waiting.delete(ticket);
    }
    const next = this.#gate.nextWake();
    if (next === null || (this.#wakeAt !== null && this.#wakeAt <= next)) return;
    this.#wakeAt = next;
    setTimeout(() => this.#wake(next), Math.max(1, next - Date.now()));
  }

  #wake(at: number): void {
    if (this.#wakeAt !== at) return;
    this.#wakeAt = null;
    this.#gate.wake(Date.now());
    this.#drive();
  }

  #read<Row>(table: "keys" | "leases" | "ledger" | "configuration"): Row[] {
    const rows = this.#ctx.storage.sql.exec<{ value: string }>(`select value from ${table}`).toArray();
    return rows.map(({ value }) => JSON.parse(value) as Row);
  }

  #write({ keys, parts }: Pick<GateChanges, "keys" | "parts">): void {
    const { sql } = this.#ctx.storage;
    for (const key of keys) sql.exec("insert or replace into keys values (?, ?)", key.name, JSON.stringify(key));
    for (const part of parts) sql.exec("insert or replace into ledger values (?, ?)", part.part, JSON.stringify(part));
  }

  #store({ keys, forgotten, configuration, parts, parked, checks }: GateChanges): void {
    const owner = this.#owner();
    for (const { name, status } of parked) log("error", "provider_key_parked", { ...owner, key: name, status });
    for (const check of checks) this.#ctx.waitUntil(this.#sendCheck(check));
    this.#write({ keys, parts });
    const { sql } = this.#ctx.storage;
    for (const name of forgotten) sql.exec("delete from keys where name = ?", name);
    if (configuration) {
      sql.exec("insert or replace into configuration values (0, ?)", JSON.stringify(configuration));
    }
  }

  /**
   * Queues a check for a Worker to make. A check that is not sent counts as lost: a caller will
   * probe.
   */
  async #sendCheck({ in_ms, ...check }: DueCheck): Promise<void> {
    const message = { type: "check", ...this.#owner(), ...check } satisfies KeyCheck;
    try {
      await this.#env.HIGH_QUEUE.send(message, { delaySeconds: Math.ceil(in_ms / 1_000) });
    } catch (error) {
      log("error", "check_unsent", { ...this.#owner(), key: check.key, error: describeError(error) });
    }
  }

  /** The tenant and the provider of this gate, out of the object's name. */
  #owner(): { tenant_id: string; provider: ProviderName } {
    const [tenant_id, provider] = (this.#ctx.id.name ?? "").split("/") as [string, ProviderName];
    return { tenant_id, provider };
  }
}
