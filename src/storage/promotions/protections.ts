import { and, eq, lte, sql } from "drizzle-orm";
import type { CanaryWatch } from "../../domain/promotions/canary.ts";
import { type LabelProtection, UNPROTECTED } from "../../domain/promotions/protection.ts";
import type { LabelKey } from "../../domain/prompts/label-move.ts";
import { bucketOfPrompt, promptKey } from "../../domain/shard.ts";
import { auditedSql, entriesForRows, rowAsJson } from "../audit/audited.ts";
import { isLabel } from "../prompts/label-store.ts";
import { hasRules } from "../prompts/labels.ts";
import { labelProtections } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** A label whose split is to be looked at, and what is known of it. `until` is the claim's end. */
export interface ClaimedCanary {
  key: LabelKey;
  protection: LabelProtection;
  canary: CanaryWatch | null;
  until: number;
}

/** What labels have to pass, and what is known of their splits, on the shard of their prompt. */
export class ProtectionRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** The protection of a label, be it none. */
  async find(key: LabelKey): Promise<LabelProtection> {
    const row = await this.#home(key).select().from(labelProtections).where(isKey(key)).get();
    return row ? toProtection(row) : UNPROTECTED;
  }

  /**
   * Sets what a label has to pass. Promotions that were asked for under other rules are cancelled.
   * A split is looked at from now on, if it is to go back by itself.
   */
  async put(key: LabelKey, protection: LabelProtection, by: string, now: number): Promise<void> {
    const { tests, compatible_variables, approvals, auto_rollback } = protection;
    const auto = auto_rollback && JSON.stringify(auto_rollback);
    const due = auto === null ? null : now;
    const { tenant_id, name, label } = key;
    const why = "The protection of the label was changed.";
    const about = { tenant_id, prompt: name };
    const isOutdated = sql`${isLabel(key)} and status = 'pending'
      and not exists (select 1 from label_protections where ${isLabel(key)} and ${hasRules(protection)})`;
    const from = rowAsJson(
      labelProtections,
      ["tests", "compatible_variables", "approvals", "auto_rollback"],
      isKey(key),
    );
    const detail = { from, to: { tests, compatible_variables, approvals, auto_rollback } };
    const change = sql`insert into label_protections (tenant_id, name, label, tests, compatible_variables, approvals, auto_rollback,
        canary_due_at, key_id, updated_at)
      values (${tenant_id}, ${name}, ${label}, ${Number(tests)}, ${Number(compatible_variables)}, ${approvals},
        ${auto}, ${due}, ${by}, ${now})
      on conflict (tenant_id, name, label) do update set tests = excluded.tests,
        compatible_variables = excluded.compatible_variables, approvals = excluded.approvals,
        canary = case when auto_rollback is excluded.auto_rollback then canary else null end,
        auto_rollback = excluded.auto_rollback, canary_due_at = excluded.canary_due_at,
        key_id = excluded.key_id, updated_at = excluded.updated_at`;
    await transact(this.#home(key), [
      entriesForRows(
        { ...about, action: "promotion.cancelled", object: sql`'promotion:' || id`, detail: { why } },
        sql`promotions where ${isOutdated}`,
      ),
      sql`update promotions set status = 'cancelled', detail = ${why}, ended_at = ${now}, ended_by = ${by},
        due_at = ${now} where ${isOutdated}`,
      ...auditedSql({ ...about, action: "label.protected", object: `label:${name}@${label}`, detail }, change),
    ]);
  }

  /** Labels of all shards whose splits are to be looked at, at most `limit` a shard. */
  async dueCanaries(now: number, limit: number): Promise<LabelKey[]> {
    const { tenant_id, name, label, canary_due_at: due_at } = labelProtections;
    const due = await this.#shards.everywhere(
      async (db) =>
        db
          .select({ tenant_id, name, label, due_at })
          .from(labelProtections)
          .where(lte(due_at, now))
          .orderBy(due_at)
          .limit(limit),
      bucketOfPrompt,
    );
    const sorted = due.toSorted((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0));
    return sorted.map((each) => ({ tenant_id: each.tenant_id, name: each.name, label: each.label }));
  }

  /** Claims a label that is due until `until`. Undefined if it is not. */
  async claimCanary(key: LabelKey, now: number, until: number): Promise<ClaimedCanary | undefined> {
    const [row] = await this.#home(key)
      .update(labelProtections)
      .set({ canary_due_at: until })
      .where(and(isKey(key), lte(labelProtections.canary_due_at, now)))
      .returning();
    return row && { key, protection: toProtection(row), canary: row.canary, until };
  }

  /**
   * Ends a claim: stores what is known, and when to look again, null for never. Does nothing where
   * the claim was lost, as to a move of the label.
   */
  async keepCanary({ key, until }: ClaimedCanary, canary: CanaryWatch | null, dueAt: number | null): Promise<void> {
    await this.#home(key)
      .update(labelProtections)
      .set({ canary, canary_due_at: dueAt })
      .where(and(isKey(key), eq(labelProtections.canary_due_at, until)));
  }

  #home({ tenant_id, name }: LabelKey): Database {
    return this.#shards.of(promptKey(tenant_id, name));
  }
}

function toProtection(row: typeof labelProtections.$inferSelect): LabelProtection {
  const { tests, compatible_variables, approvals, auto_rollback } = row;
  return { tests, compatible_variables, approvals, auto_rollback: auto_rollback && { tests: true, ...auto_rollback } };
}

function isKey({ tenant_id, name, label }: LabelKey) {
  return and(
    eq(labelProtections.tenant_id, tenant_id),
    eq(labelProtections.name, name),
    eq(labelProtections.label, label),
  );
}
