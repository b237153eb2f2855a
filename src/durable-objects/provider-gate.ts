import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../config.ts";
import type { ProviderName } from "../domain/completions/completion.ts";
import { createGate, type Gate, type GateChanges, leaseTimes } from "../domain/gate/authority/gate.ts";
import type { GateView } from "../domain/gate/authority/gate-view.ts";
import type { StoredKey } from "../domain/gate/authority/key-pool.ts";
import type { LedgerLease } from "../domain/gate/authority/lease-ledger.ts";
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
 * The one authority over a tenant's calls to a provider: it hands out leases and makes no call itself. What is used and lent is on disk before a reply
 * leaves (the platform's output gate sees to that), so an eviction gives nothing twice; who waited is told by a broken call, and asks again.
 */
export class ProviderGate extends DurableObject<Env> {
  readonly #gate: Gate;
  readonly #waiting = new Map<string, (reply: AcquireReply) => void>();
  #wakeAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("create table if not exists keys (name text primary key, value text not null) without rowid");
    sql.exec("create table if not exists leases (id text primary key, value text not null) without rowid");
    const rows = (table: "keys" | "leases") =>
      sql
        .exec<{ value: string }>(`select value from ${table}`)
        .toArray()
        .map(({ value }) => value);
    const { leaseMs, ...settings } = readConfig(env).gate;
    this.#gate = createGate(
      {
        ...settings,
        times: leaseTimes(leaseMs),
        epoch: crypto.randomUUID().slice(0, 8),
        random: Math.random,
      },
      {
        keys: rows("keys").map((value) => JSON.parse(value) as StoredKey),
        leases: rows("leases").map((value) => JSON.parse(value) as LedgerLease),
      },
    );
  }

  /** Leases for a wish, as soon as there is something to lend, or why there will be none. Held for five seconds at most. */
  async acquire(request: AcquireRequest): Promise<AcquireReply> {
    const ticket = this.#gate.acquire(request, Date.now());
    const reply = new Promise<AcquireReply>((resolve) => this.#waiting.set(ticket, resolve));
    this.#drive();
    return reply;
  }

  /** Takes in what became of leases and calls, and says which leases live on. */
  settle(settlement: Settlement): Renewed[] {
    const renewed = this.#gate.settle(settlement, Date.now());
    this.#drive();
    return renewed;
  }

  /** Answers, and does nothing else. */
  ping(): "ok" {
    return "ok";
  }

  /** The gate at this moment, with the keys as they are configured now. */
  view(keys: KeyLimits[]): GateView {
    return this.#gate.view(keys, Date.now());
  }

  /** Stores what changed, answers who was served, and plans the next round while anyone waits. */
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

  #store({ keys, leases, parked, checks }: GateChanges): void {
    const of = this.#name();
    for (const { name, status } of parked) log("error", "provider_key_parked", { ...of, key: name, status });
    for (const check of checks) this.ctx.waitUntil(this.#send(check));
    const { sql } = this.ctx.storage;
    for (const key of keys) sql.exec("insert or replace into keys values (?, ?)", key.name, JSON.stringify(key));
    for (const [id, lease] of leases) {
      if (lease) sql.exec("insert or replace into leases values (?, ?)", id, JSON.stringify(lease));
      else sql.exec("delete from leases where id = ?", id);
    }
  }

  /** Lets a Worker make a check. One that cannot be sent is like one that is lost: a caller will probe. */
  async #send({ in_ms, ...check }: DueCheck): Promise<void> {
    const message = { type: "check", ...this.#name(), ...check } satisfies KeyCheck;
    try {
      await this.env.HIGH_QUEUE.send(message, { delaySeconds: Math.ceil(in_ms / 1_000) });
    } catch (error) {
      log("error", "check_unsent", { ...this.#name(), key: check.key, error: describeError(error) });
    }
  }

  /** Whose gate to whom this is, as the object's name says. */
  #name(): { tenant_id: string; provider: ProviderName } {
    const [tenant_id, provider] = (this.ctx.id.name ?? "").split("/") as [string, ProviderName];
    return { tenant_id, provider };
  }
}
