import { DurableObject } from "cloudflare:workers";
import type { AuditEntry, Author } from "../domain/audit/audit-entry.ts";
import { BudgetAuthority } from "../domain/budgets/authority/budget-authority.ts";
import { alertEvent, type Budget, type BudgetAlert, type BudgetState, budgetFacts } from "../domain/budgets/budget.ts";
import type { LoanAnswer, LoanQuestion } from "../domain/budgets/protocol/loan-messages.ts";
import { objectNamed, rootOfBudgets } from "../domain/object-names.ts";
import { AuditRepository } from "../storage/audit/audit-repository.ts";
import { newEntry } from "../storage/audit/audited.ts";
import { BudgetStore } from "../storage/budgets/budget-store.ts";
import { createShards, type Shards, shardsAmong } from "../storage/shards.ts";
import { TenantRecordRepository } from "../storage/tenants/tenant-records.ts";
import { EventDeliveryRepository } from "../storage/webhooks/event-deliveries.ts";
import { describeError, log } from "../telemetry/log.ts";
import { BudgetsBranch } from "./budgets-branch.ts";

/** How long alerts that could not be announced are left alone, ms. */
const PAUSE_MS = 10_000;

/**
 * The one authority over a tenant's budgets, with their definitions: what decides whether a call
 * fits must know of a change at once. A loan is on disk before its answer leaves, because the
 * platform's output gate holds the answer back. A restart counts every loan as lent until its
 * isolate reports again: that can refuse a call for a while, and never overshoots. With a second
 * part in its name it is a branch, which passes questions on: see {@link BudgetsBranch}.
 */
export class TenantBudgets extends DurableObject<Env> {
  readonly #store: BudgetStore;
  readonly #tenantId: string;
  readonly #authority: BudgetAuthority;
  readonly #branch: BudgetsBranch | null;
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#branch = branchOf(env, ctx.id.name);
    this.#store = new BudgetStore(ctx.storage);
    this.#tenantId = this.#store.tenantId(ctx.id.name);
    this.#authority = new BudgetAuthority(this.#store.load(), Date.now());
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm();
    });
  }

  /** Takes an isolate's report on a loan, and lends what there is. */
  async ask(question: LoanQuestion): Promise<LoanAnswer> {
    if (this.#branch) throw new Error("This object has no budgets.");
    const answer = this.#authority.ask(question, Date.now());
    await this.#keep();
    return answer;
  }

  /** The same of several loans, which a branch has asked together. */
  async askTogether(questions: readonly LoanQuestion[]): Promise<LoanAnswer[]> {
    if (this.#branch) throw new Error("This object has no budgets.");
    const answers = this.#authority.askTogether(questions, Date.now());
    await this.#keep();
    return answers;
  }

  /** The same of a branch; see `BudgetsBranchObject`. */
  async branchAsk(question: LoanQuestion): Promise<LoanAnswer> {
    if (!this.#branch) throw new Error("This object is no branch.");
    return this.#branch.ask(question);
  }

  /** All budgets. Those of `known` that were neither set nor removed here are added before. */
  budgets(known: readonly Budget[]): Budget[] {
    for (const budget of known) if (!this.#store.hasHeardOf(budget.scope)) this.#set(budget.scope, budget);
    return this.#store.budgets();
  }

  /**
   * Sets a budget, or removes it where it is null. Returns whether the scope had one. Then it
   * begins an epoch of the tenant, as a caller of the version before does not, and a request that
   * ends too early could not. Its entry for the audit log is stored with it, and sent there before
   * this returns, or by the alarm.
   */
  async change(scope: string, budget: Budget | null, author?: Author): Promise<boolean> {
    const before = this.#store.find(scope);
    const had = before !== null;
    const isChange = budget !== null || had;
    this.#authority.change(scope, budget);
    const entry = author && isChange ? this.#entryOf(scope, { from: before, to: budget }, author) : undefined;
    this.#store.set(scope, budget, entry);
    if (entry) await this.#wakeAt(Date.now() + PAUSE_MS);
    await new TenantRecordRepository(this.#shards()).raiseEpoch(this.#tenantId);
    await this.#audit();
    return had;
  }

  /** How every budget stands in each of its windows. */
  async states(): Promise<BudgetState[]> {
    const states = this.#authority.states(Date.now());
    await this.#keep();
    return states;
  }

  /** The newest alerts, the oldest of them first. */
  alerts(): BudgetAlert[] {
    return this.#store.alerts();
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  /** Ends loans that nobody asks about any more, and tells the tenant's webhooks of alerts. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    this.#authority.expire(Date.now());
    await this.#keep();
    await this.#audit();
    try {
      await this.#announce();
    } catch (error) {
      log("error", "budget_alert_unannounced", { tenant_id: this.#tenantId, error: describeError(error) });
      await this.#wakeAt(Date.now() + PAUSE_MS);
    }
  }

  #set(scope: string, budget: Budget | null): void {
    this.#authority.change(scope, budget);
    this.#store.set(scope, budget);
  }

  #entryOf(scope: string, { from, to }: Record<"from" | "to", Budget | null>, author: Author): AuditEntry {
    const action = to === null ? "budget.deleted" : "budget.set";
    const detail = { from: from && budgetFacts(from), ...(to && { to: budgetFacts(to) }) };
    return newEntry({ tenant_id: this.#tenantId, action, object: `budget:${scope}`, detail }, author);
  }

  /** Sends entries to the audit log. Where that fails, the alarm does it. */
  async #audit(): Promise<void> {
    const entries = this.#store.unaudited();
    if (entries.length === 0) return;
    try {
      await new AuditRepository(this.#shards()).add(this.#tenantId, entries);
      this.#store.markAudited(entries);
    } catch (error) {
      log("error", "budget_change_unaudited", { tenant_id: this.#tenantId, error: describeError(error) });
      await this.#wakeAt(Date.now() + PAUSE_MS);
    }
  }

  /** Stores what changed, and sets the alarm for what comes of it. */
  async #keep(): Promise<void> {
    const changes = this.#authority.takeChanges();
    this.#store.apply(changes);
    for (const { scope, window, threshold } of changes.alerts) {
      log("info", "budget_alert", { tenant_id: this.#tenantId, scope, window, threshold });
    }
    await this.#wakeAt(changes.alerts.length > 0 ? Date.now() : this.#authority.nextExpiry);
  }

  #shards(): Shards {
    return createShards(shardsAmong(this.env));
  }

  /** Stores the alerts as events for the tenant's webhooks; the sweep wakes who delivers them. */
  async #announce(): Promise<void> {
    const deliveries = new EventDeliveryRepository(this.#shards());
    for (const { id, alert } of this.#store.unannounced()) {
      const added = await deliveries.add(this.#tenantId, alertEvent(alert), Date.now());
      this.#store.markAnnounced(id);
      for (const delivery of added) {
        const body = { type: "webhook" as const, tenant_id: this.#tenantId, batch_id: "", delivery };
        await this.env.WEBHOOK_QUEUE.send(body).catch(() => undefined);
      }
    }
  }

  /**
   * Sets the alarm, unless it rings before that. A loan's expiry moves on with every report, so
   * that an alarm which finds none expired costs one written row in the life of a loan.
   */
  async #wakeAt(at: number): Promise<void> {
    if (!Number.isFinite(at) || (this.#alarmAt !== null && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(at);
  }
}

function branchOf(env: Env, name = ""): BudgetsBranch | null {
  const root = rootOfBudgets(name);
  if (root === null) return null;
  return new BudgetsBranch({
    root: () => objectNamed(env.TENANT_BUDGETS, root),
    now: () => Date.now(),
    sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}
