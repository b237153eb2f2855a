import { and, desc, eq, gt, lt, lte, type SQL, sql } from "drizzle-orm";
import type { LabelProtection } from "../../domain/promotions/protection.ts";
import { type LabelKey, type LabelMove, type MoveCause, splitText } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import { promptKey } from "../../domain/shard.ts";
import { auditedSql, type AuditNote, entriesForRows } from "../audit/audited.ts";
import { labelMoves, promptLabels } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** A move to be made. The repository finds its position and what the label meant before. */
export type NewMove = Omit<LabelMove, "position" | "from_split"> & { traceparent: string | null };

/** A move whose event is not stored yet. */
export interface UntoldMove extends LabelMove, LabelKey {
  traceparent: string | null;
}

/** What must hold in the moment of a move. */
export interface MoveCondition {
  /** What the label must mean, null for nothing; anything where absent. */
  from?: readonly SplitArm[] | null;
  /** Whether a move that has to pass checks is made all the same. */
  gated: boolean;
}

/** A label and what it means. */
export type LabelRow = Pick<typeof promptLabels.$inferSelect, "label" | "split" | "updated_at">;

/** Labels and their moves, each on the shard of its prompt. Times are Unix ms. */
export class LabelRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** What a label means; undefined where it is not set. */
  async find(key: LabelKey): Promise<LabelRow | undefined> {
    return this.#home(key)
      .select({ label: promptLabels.label, split: promptLabels.split, updated_at: promptLabels.updated_at })
      .from(promptLabels)
      .where(and(isOfPrompt(key), eq(promptLabels.label, key.label)))
      .get();
  }

  /** A prompt's labels by name; up to `limit + 1` of them. */
  async list(key: Omit<LabelKey, "label">, limit: number, after?: string): Promise<LabelRow[]> {
    return this.#home(key)
      .select({ label: promptLabels.label, split: promptLabels.split, updated_at: promptLabels.updated_at })
      .from(promptLabels)
      .where(and(isOfPrompt(key), after === undefined ? undefined : gt(promptLabels.label, after)))
      .orderBy(promptLabels.label)
      .limit(limit + 1);
  }

  /** A label's moves, newest first; up to `limit + 1` of them. */
  async moves({ tenant_id, name, label }: LabelKey, limit: number, before?: number): Promise<LabelMove[]> {
    return this.#home({ tenant_id, name })
      .select()
      .from(labelMoves)
      .where(
        and(
          eq(labelMoves.tenant_id, tenant_id),
          eq(labelMoves.name, name),
          eq(labelMoves.label, label),
          before === undefined ? undefined : lt(labelMoves.position, before),
        ),
      )
      .orderBy(desc(labelMoves.position))
      .limit(limit + 1);
  }

  /**
   * Moves a label in one transaction that writes only if all versions exist, the condition holds
   * and the label meant something else. Undefined if it wrote nothing.
   */
  async move(key: LabelKey, move: NewMove, { from, gated }: MoveCondition): Promise<UntoldMove | undefined> {
    const conditions = [
      ...(from === undefined ? [] : [sql`current.split is ${splitText(from)}`]),
      ...(gated ? [] : [sql`not exists (select 1 from label_protections where ${isLabel(key)} and ${IS_GATED})`]),
    ];
    const [, made] = await transact(this.#home(key), moveStatements(key, move, conditions));
    return toMade(key, move, made);
  }

  /** Moves of all shards that were made before a time and are not told of; some of each. */
  async untold(before: number, limit: number): Promise<UntoldMove[]> {
    const found = await Promise.all(
      [...this.#shards.all.values()].map((db) =>
        db
          .select()
          .from(labelMoves)
          .where(lte(labelMoves.untold_at, before))
          .orderBy(labelMoves.untold_at)
          .limit(limit),
      ),
    );
    return found.flat();
  }

  /** The event of a move is stored. */
  async setTold(key: LabelKey, id: string): Promise<void> {
    await this.#home(key).update(labelMoves).set({ untold_at: null }).where(eq(labelMoves.id, id));
  }

  #home({ tenant_id, name }: Omit<LabelKey, "label">): Database {
    return this.#shards.of(promptKey(tenant_id, name));
  }
}

/** Whether a protection has something that a move has to pass. */
export const IS_GATED = sql`(tests or compatible_variables or approvals > 0)`;

/** Whether a protection asks for just these checks. */
export function hasRules({ tests, compatible_variables, approvals }: Omit<LabelProtection, "auto_rollback">): SQL {
  return sql`tests is ${Number(tests)} and compatible_variables is ${Number(compatible_variables)}
    and approvals is ${approvals}`;
}

/** Whether a row is about a label, in any table that has them. */
export function isLabel({ tenant_id, name, label }: LabelKey): SQL {
  return sql`tenant_id = ${tenant_id} and name = ${name} and label = ${label}`;
}

/**
 * The statements of a move, of which the second returns a row if it is made. `conditions` may use
 * `current.split`. With it promotions end that were asked for something else, and whoever watches
 * splits looks at the label. Around the first is its entry in the audit log.
 */
export function moveStatements(key: LabelKey, move: NewMove, conditions: readonly SQL[]): SQL[] {
  const { tenant_id, name, label } = key;
  const { id, key_id, cause, to_split, reason, promotion_id, traceparent, moved_at: at } = move;
  const to = splitText(to_split);
  const versions = [...new Set(to_split?.map(({ version }) => version))];
  const isMade = sql`exists (select 1 from label_moves where id = ${id})`;
  const must = [
    sql`current.split is not ${to}`,
    sql`${versions.length} = (select count(*) from prompt_versions where tenant_id = ${tenant_id} and name = ${name}
      and version in (select value from json_each(${JSON.stringify(versions)})))`,
    ...conditions,
  ];
  const why = "The label was moved meanwhile.";
  const refusal = { tenant_id, prompt: name, action: "promotion.refused", object: sql`'promotion:' || id` } as const;
  const isOvertaken = sql`${isLabel(key)} and status = 'pending' and id is not ${promotion_id} and ${isMade}`;
  const change = sql`insert into label_moves (tenant_id, name, label, position, id, key_id, cause, from_split, to_split,
        reason, promotion_id, traceparent, moved_at, untold_at)
      select ${tenant_id}, ${name}, ${label},
        1 + coalesce((select max(position) from label_moves where ${isLabel(key)}), 0),
        ${id}, ${key_id}, ${cause}, current.split, ${to}, ${reason}, ${promotion_id}, ${traceparent}, ${at}, ${at}
      from (select (select split from prompt_labels where ${isLabel(key)}) as split) as current
      where ${sql.join(must, sql` and `)}
      returning position, from_split`;
  return [
    ...auditedSql(noteOf(key, move), change),
    to === null
      ? sql`delete from prompt_labels where ${isLabel(key)} and ${isMade}`
      : sql`insert into prompt_labels (tenant_id, name, label, split, updated_at)
          select ${tenant_id}, ${name}, ${label}, ${to}, ${at} where ${isMade}
          on conflict (tenant_id, name, label) do update set split = excluded.split, updated_at = excluded.updated_at`,
    entriesForRows({ ...refusal, detail: { why } }, sql`promotions where ${isOvertaken}`),
    sql`update promotions set status = 'failed', detail = ${why}, ended_at = ${at}, due_at = ${at}
      where ${isOvertaken}`,
    sql`update label_protections set canary_due_at = ${at}
      where ${isLabel(key)} and auto_rollback is not null and ${isMade}`,
  ];
}

const ACTIONS = {
  set: "label.moved",
  promotion: "label.moved",
  rollback: "label.rolled_back",
  automatic_rollback: "label.rolled_back",
  deletion: "label.deleted",
  prompt_deletion: "label.deleted",
} as const satisfies Record<MoveCause, AuditNote["action"]>;

function noteOf(key: LabelKey, { key_id, cause, to_split: to, reason, promotion_id }: NewMove): AuditNote {
  const { tenant_id, name, label } = key;
  const from = sql`json((select split from prompt_labels where ${isLabel(key)}))`;
  const why = { ...(reason !== null && { reason }), ...(promotion_id !== null && { promotion_id, asked_by: key_id }) };
  const object = `label:${name}@${label}`;
  return { tenant_id, prompt: name, action: ACTIONS[cause], object, detail: { from, to, cause, ...why } };
}

/** The move that the second of {@link moveStatements} made, if it made one. */
export function toMade(key: LabelKey, move: NewMove, rows: Record<string, unknown>[] = []): UntoldMove | undefined {
  const [row] = rows as { position: number; from_split: string | null }[];
  if (!row) return undefined;
  const from_split = row.from_split === null ? null : (JSON.parse(row.from_split) as SplitArm[]);
  return { ...key, ...move, position: row.position, from_split };
}

function isOfPrompt({ tenant_id, name }: Omit<LabelKey, "label">) {
  return and(eq(promptLabels.tenant_id, tenant_id), eq(promptLabels.name, name));
}
