import { and, desc, eq, isNotNull, lt, lte, not, sql } from "drizzle-orm";
import { bucketInId } from "../../domain/id.ts";
import { mergePages, type Page } from "../../domain/page.ts";
import type { Approval, Promotion, PromotionChecks, PromotionStatus } from "../../domain/promotions/promotion.ts";
import { type LabelKey, splitText } from "../../domain/prompts/label-move.ts";
import { audited, auditedSql, type AuditNote } from "../audit/audited.ts";
import { isLabel, type MadeMove, type NewMove, toMade } from "../prompts/label-store.ts";
import { hasRules, promptMoveStatements } from "../prompts/labels.ts";
import { readOwnRows } from "../own-rows.ts";
import { promotionApprovals, promotions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** Names a promotion. */
export interface PromotionKey {
  tenant_id: string;
  id: string;
}

/** A query for a page of promotions, newest first: those before `before`. */
export interface PromotionQuery {
  limit: number;
  before?: string;
  status?: PromotionStatus;
}

/** How a promotion ends without a move. */
export interface PromotionEnd {
  status: "failed" | "cancelled";
  checks?: PromotionChecks;
  detail?: string;
  ended_by?: string;
  ended_at: number;
}

/**
 * Promotions, on the shard of their prompt, whose bucket their ids carry. One at most is pending of
 * each label. Times are Unix ms.
 */
export class PromotionRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Commits a promotion that is due at once, if none is pending of its label, the label has to pass
   * just what the promotion does and means what it says, and all versions exist. False if it wrote
   * nothing.
   */
  async create(promotion: Promotion): Promise<boolean> {
    const { id, tenant_id, name, label, key_id, reason, from_split, to_split, approvals, traceparent } = promotion;
    const { checks, test_pairs, created_at: at } = promotion;
    const versions = [...new Set(to_split.map(({ version }) => version))];
    // Those of a protection that was read before may have become stricter.
    const [tests, compatible_variables] = [checks.tests !== undefined, checks.compatible_variables !== undefined];
    const rules = hasRules({ tests, compatible_variables, approvals });
    const to = { label: `${name}@${label}`, from: from_split, to: to_split, reason, approvals };
    const change = sql`insert into promotions (id, tenant_id, name, label, status, key_id, reason, from_split, to_split, approvals,
          checks, test_pairs, created_at, due_at, untold_at, traceparent)
        select ${id}, ${tenant_id}, ${name}, ${label}, 'pending', ${key_id}, ${reason}, ${splitText(from_split)},
          ${splitText(to_split)}, ${approvals}, ${JSON.stringify(checks)}, ${JSON.stringify(test_pairs)}, ${at}, ${at},
          ${at}, ${traceparent}
        where exists (select 1 from label_protections where ${isLabel(promotion)} and ${rules})
          and (select split from prompt_labels where ${isLabel(promotion)}) is ${splitText(from_split)}
          and ${versions.length} = (select count(*) from prompt_versions where tenant_id = ${tenant_id}
            and name = ${name} and version in (select value from json_each(${JSON.stringify(versions)})))
        on conflict do nothing
        returning id`;
    const note = noteOf("promotion.asked", promotion, to);
    const [, made] = await transact(this.#home(id), auditedSql(note, change));
    return (made?.length ?? 0) > 0;
  }

  async find({ tenant_id, id }: PromotionKey): Promise<Promotion | undefined> {
    const row = await this.#home(id).select().from(promotions).where(isPromotion({ tenant_id, id })).get();
    return row && toPromotion(row);
  }

  /** The promotion of a label that is pending; `id` has the bucket of its prompt. */
  async pendingOf(key: LabelKey, id: string): Promise<Promotion | undefined> {
    const { tenant_id, name, label } = promotions;
    const row = await this.#home(id)
      .select()
      .from(promotions)
      .where(and(eq(tenant_id, key.tenant_id), eq(name, key.name), eq(label, key.label), IS_PENDING))
      .get();
    return row && toPromotion(row);
  }

  /** A tenant's promotions of all shards, newest first. */
  async list(tenantId: string, { limit, before, status }: PromotionQuery): Promise<Page<Promotion>> {
    const parts = await this.#shards.atOnce(async (db, isHere) =>
      readOwnRows<typeof promotions.$inferSelect>({
        limit,
        isHere: ({ id }) => isHere(bucketInId(id)),
        async read(last) {
          const from = last?.id ?? before;
          const isOfTenant = eq(promotions.tenant_id, tenantId);
          const isAsked = status === undefined ? undefined : eq(promotions.status, status);
          return db
            .select()
            .from(promotions)
            .where(and(isOfTenant, isAsked, from === undefined ? undefined : lt(promotions.id, from)))
            .orderBy(desc(promotions.id))
            .limit(limit + 1);
        },
      }),
    );
    const rows = parts.map((part) => part.map(toPromotion));
    return mergePages(rows, limit, ({ id }) => id, { list: "promotions", order: "desc" });
  }

  /** The approvals of some promotions, oldest first, by promotion. */
  async approvalsOf(some: readonly Pick<Promotion, "id">[]): Promise<Map<string, Approval[]>> {
    const found = await this.#shards.inGroups(some, bucketOfId, async (db, each) =>
      db
        .select()
        .from(promotionApprovals)
        .where(sql`promotion_id in (select value from json_each(${JSON.stringify(each.map(({ id }) => id))}))`)
        .orderBy(promotionApprovals.approved_at),
    );
    return Map.groupBy(found.flat(), ({ promotion_id }) => promotion_id);
  }

  /** Takes a pending promotion up until `until`. Undefined where it has ended or is not due. */
  async claim(key: PromotionKey, now: number, until: number): Promise<Promotion | undefined> {
    const [row] = await this.#home(key.id)
      .update(promotions)
      .set({ due_at: until })
      .where(and(isPromotion(key), IS_PENDING, lte(promotions.due_at, now)))
      .returning();
    return row && toPromotion(row);
  }

  /** A promotion that ended without a move and that nobody has cleared up yet. */
  async findEnded(key: PromotionKey): Promise<Promotion | undefined> {
    const row = await this.#home(key.id)
      .select()
      .from(promotions)
      .where(and(isPromotion(key), not(IS_PENDING), isNotNull(promotions.due_at)))
      .get();
    return row && toPromotion(row);
  }

  /** A promotion that has ended is not due any more. */
  async setCleared(key: PromotionKey): Promise<void> {
    await this.#home(key.id)
      .update(promotions)
      .set({ due_at: null })
      .where(and(isPromotion(key), not(IS_PENDING)));
  }

  /**
   * Keeps what was found by one who took the promotion up until `until`, and when it is due again,
   * null where only approvals are missing. Keeps nothing where an approval came meanwhile.
   */
  async keep(key: PromotionKey, until: number, checks: PromotionChecks, dueAt: number | null): Promise<void> {
    await this.#home(key.id)
      .update(promotions)
      .set({ checks, due_at: dueAt })
      .where(and(isPromotion(key), IS_PENDING, eq(promotions.due_at, until)));
  }

  /**
   * Ends a pending promotion without a move, and makes it due. False where it has ended already.
   */
  async end(
    key: PromotionKey & Pick<Promotion, "name">,
    { status, checks, detail, ended_by, ended_at }: PromotionEnd,
  ): Promise<boolean> {
    const db = this.#home(key.id);
    const change = db
      .update(promotions)
      .set({ status, ...(checks && { checks }), detail, ended_by, ended_at, due_at: ended_at })
      .where(and(isPromotion(key), IS_PENDING))
      .returning({ id: promotions.id });
    const action = status === "failed" ? "promotion.refused" : "promotion.cancelled";
    const facts = { ...(checks && { checks: statusesOf(checks) }), ...(detail !== undefined && { why: detail }) };
    const [, ended] = await db.batch(audited(db, noteOf(action, key, facts), change));
    return ended.length > 0;
  }

  /** Adds an approval and makes the promotion due. False where it is not pending any more. */
  async approve(
    promotion: PromotionKey & Pick<Promotion, "name">,
    { key_id, approved_at }: Approval,
  ): Promise<boolean> {
    const { tenant_id, id } = promotion;
    const change = sql`insert into promotion_approvals (promotion_id, key_id, approved_at)
      select id, ${key_id}, ${approved_at} from promotions
      where id = ${id} and tenant_id = ${tenant_id} and status = 'pending' and key_id <> ${key_id}
      on conflict do nothing`;
    const [, , , due] = await transact(this.#home(id), [
      ...auditedSql(noteOf("promotion.approved", promotion), change),
      sql`update promotions set due_at = ${approved_at}
        where id = ${id} and tenant_id = ${tenant_id} and status = 'pending' returning id`,
    ]);
    return (due?.length ?? 0) > 0;
  }

  /**
   * Moves the label of a promotion and ends it, in one transaction: only if it is pending, has its
   * approvals, and the label means what it meant when it was asked for.
   */
  async promote(promotion: Promotion, checks: PromotionChecks, move: NewMove): Promise<MadeMove | undefined> {
    const { id, tenant_id, name, label, from_split, approvals } = promotion;
    const key = { tenant_id, name, label };
    const change = sql`update promotions set status = 'promoted', checks = ${JSON.stringify(checks)},
        ended_at = ${move.moved_at}, due_at = null
      where id = ${id} and exists (select 1 from label_moves where id = ${move.id})`;
    const [, made] = await transact(this.#home(id), [
      ...promptMoveStatements(key, move, [
        sql`current.split is ${splitText(from_split)}`,
        sql`exists (select 1 from promotions where id = ${id} and status = 'pending')`,
        sql`${approvals} <= (select count(*) from promotion_approvals where promotion_id = ${id})`,
      ]),
      ...auditedSql(noteOf("promotion.moved", promotion, { checks: statusesOf(checks), to: move.to_split }), change),
    ]);
    return toMade(key, move, made);
  }

  /** Promotions of all shards that are due, at most `limit` a shard. */
  async due(now: number, limit: number): Promise<PromotionKey[]> {
    const { tenant_id, id, due_at } = promotions;
    const due = await this.#shards.everywhere(
      async (db) =>
        db.select({ tenant_id, id, due_at }).from(promotions).where(lte(due_at, now)).orderBy(due_at).limit(limit),
      bucketOfId,
    );
    return due
      .toSorted((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0))
      .map((each) => ({ tenant_id: each.tenant_id, id: each.id }));
  }

  /** Promotions of all shards from before a time whose event is not stored yet; some of each. */
  async untold(before: number, limit: number): Promise<Promotion[]> {
    const { untold_at } = promotions;
    const found = await this.#shards.everywhere(
      async (db) => db.select().from(promotions).where(lte(untold_at, before)).orderBy(untold_at).limit(limit),
      bucketOfId,
    );
    return found.map(toPromotion);
  }

  /** The event of a promotion is stored. */
  async setTold({ id }: Pick<Promotion, "id">): Promise<void> {
    await this.#home(id).update(promotions).set({ untold_at: null }).where(eq(promotions.id, id));
  }

  #home(id: string): Database {
    return this.#shards.ofBucket(bucketInId(id));
  }
}

function bucketOfId({ id }: Pick<Promotion, "id">): number {
  return bucketInId(id);
}

const IS_PENDING = eq(promotions.status, "pending");

function isPromotion({ tenant_id, id }: PromotionKey) {
  return and(eq(promotions.id, id), eq(promotions.tenant_id, tenant_id));
}

type PromotionAction = Extract<AuditNote["action"], `promotion.${string}`>;

function noteOf(
  action: PromotionAction,
  { tenant_id, name, id }: PromotionKey & Pick<Promotion, "name">,
  detail: AuditNote["detail"] = {},
): AuditNote {
  return { tenant_id, prompt: name, action, object: `promotion:${id}`, detail };
}

function statusesOf(checks: PromotionChecks): Record<string, string> {
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]));
}

function toPromotion({ due_at: _due, untold_at: _untold, ...row }: typeof promotions.$inferSelect): Promotion {
  return row;
}
