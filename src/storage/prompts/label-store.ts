import { and, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import { type LabelKey, type LabelMove, type MoveCause, splitText } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import { auditedSql, type AuditNote } from "../audit/audited.ts";
import type { chainLabelMoves, labelMoves } from "../schema.ts";
import type { Database } from "../shards.ts";
import type { labelTable } from "../version-tables.ts";

/** A move to be made. The repository finds its position and what the label meant before. */
export type NewMove = Omit<LabelMove, "position" | "from_split"> & { traceparent: string | null };

/** A move that was made. */
export interface MadeMove extends LabelMove, LabelKey {
  traceparent: string | null;
}

/** What must hold in the moment of a move. */
export interface MoveCondition {
  /** What the label must mean, null for nothing; anything where absent. */
  from?: readonly SplitArm[] | null;
  /** Whether a move that has to pass checks is made all the same. Only prompts have checks. */
  gated: boolean;
}

/** A label and what it means. */
export type LabelRow = Pick<ReturnType<typeof labelTable>["$inferSelect"], "label" | "split" | "updated_at">;

/** Where labels of a kind are, with what they are labels of. */
export interface LabelTables {
  /** What has these labels, as an error calls it. */
  noun: "prompt" | "chain";
  /** How the audit log calls them. */
  kind: "label" | "chain_label";
  labels: ReturnType<typeof labelTable>;
  moves: typeof labelMoves | typeof chainLabelMoves;
  /** The names of the tables of what has labels, and of its versions. */
  owners: SQL;
  versions: SQL;
}

/** Labels of one kind and their moves. Times are Unix ms. */
export abstract class LabelStore {
  readonly tables: LabelTables;

  constructor(tables: LabelTables) {
    this.tables = tables;
  }

  /**
   * Moves a label in one transaction that writes only if all versions exist, the condition holds
   * and the label meant something else. Undefined if it wrote nothing.
   */
  abstract move(key: LabelKey, move: NewMove, condition: MoveCondition): Promise<MadeMove | undefined>;

  /** The shard of a label. */
  protected abstract home(key: Omit<LabelKey, "label">): Database;

  /** What a label means; undefined where it is not set. */
  async find(key: LabelKey): Promise<LabelRow | undefined> {
    const { labels } = this.tables;
    return this.home(key)
      .select({ label: labels.label, split: labels.split, updated_at: labels.updated_at })
      .from(labels)
      .where(and(this.#isOfOwner(key), eq(labels.label, key.label)))
      .get();
  }

  /** The labels of a prompt or chain by name; up to `limit + 1` of them. */
  async list(key: Omit<LabelKey, "label">, limit: number, after?: string): Promise<LabelRow[]> {
    const { labels } = this.tables;
    return this.home(key)
      .select({ label: labels.label, split: labels.split, updated_at: labels.updated_at })
      .from(labels)
      .where(and(this.#isOfOwner(key), after === undefined ? undefined : gt(labels.label, after)))
      .orderBy(labels.label)
      .limit(limit + 1);
  }

  /** A label's moves, newest first; up to `limit + 1` of them. */
  async moves({ tenant_id, name, label }: LabelKey, limit: number, before?: number): Promise<LabelMove[]> {
    const { moves } = this.tables;
    const rows = await this.home({ tenant_id, name })
      .select()
      .from(moves)
      .where(
        and(
          eq(moves.tenant_id, tenant_id),
          eq(moves.name, name),
          eq(moves.label, label),
          before === undefined ? undefined : lt(moves.position, before),
        ),
      )
      .orderBy(desc(moves.position))
      .limit(limit + 1);
    return rows.map((row) => ({ promotion_id: null, ...row }));
  }

  /** Whether a prompt or chain exists. */
  async hasOwner({ tenant_id, name }: Omit<LabelKey, "label">): Promise<boolean> {
    const found = await this.home({ tenant_id, name }).all(sql`
      select 1 from ${this.tables.owners} where tenant_id = ${tenant_id} and name = ${name} and deleted_at is null`);
    return found.length > 0;
  }

  /** Those of the versions that exist. */
  async existing({ tenant_id, name }: Omit<LabelKey, "label">, versions: readonly number[]): Promise<Set<number>> {
    const rows = await this.home({ tenant_id, name }).all<{ version: number }>(sql`
      select version from ${this.tables.versions} where tenant_id = ${tenant_id} and name = ${name}
        and version in (select value from json_each(${JSON.stringify(versions)}))`);
    return new Set(rows.map(({ version }) => version));
  }

  #isOfOwner({ tenant_id, name }: Omit<LabelKey, "label">) {
    const { labels } = this.tables;
    return and(eq(labels.tenant_id, tenant_id), eq(labels.name, name));
  }
}

/** Whether a row is about a label, in any table that has them. */
export function isLabel({ tenant_id, name, label }: LabelKey): SQL {
  return sql`tenant_id = ${tenant_id} and name = ${name} and label = ${label}`;
}

/** Whether a move was made, for the statements after it. */
export function isMade({ moves }: Pick<LabelTables, "moves">, key: LabelKey, { id }: Pick<NewMove, "id">): SQL {
  return sql`exists (select 1 from ${moves} where ${isLabel(key)} and id = ${id})`;
}

/**
 * The statements of a move, of which the second returns a row if it is made. `conditions` may use
 * `current.split`. `more` are columns of the move beyond those that all tables have. Around the
 * second is its entry in the audit log.
 */
export function moveStatements(
  tables: LabelTables,
  key: LabelKey,
  move: NewMove,
  { conditions, more = {} }: { conditions: readonly SQL[]; more?: Record<string, string | number | null> },
): SQL[] {
  const { tenant_id, name, label } = key;
  const { labels, moves } = tables;
  const { id, key_id, cause, to_split, reason, moved_at: at } = move;
  const to = splitText(to_split);
  const versions = [...new Set(to_split?.map(({ version }) => version))];
  const made = isMade(tables, key, move);
  const must = [
    sql`current.split is not ${to}`,
    sql`${versions.length} = (select count(*) from ${tables.versions} where tenant_id = ${tenant_id} and name = ${name}
      and version in (select value from json_each(${JSON.stringify(versions)})))`,
    ...conditions,
  ];
  const columns = Object.keys(more).map((column) => sql`, ${sql.identifier(column)}`);
  const values = Object.values(more).map((value) => sql`, ${value}`);
  const change = sql`insert into ${moves} (tenant_id, name, label, position, id, key_id, cause, from_split, to_split,
        reason, moved_at${sql.join(columns)})
      select ${tenant_id}, ${name}, ${label},
        1 + coalesce((select max(position) from ${moves} where ${isLabel(key)}), 0),
        ${id}, ${key_id}, ${cause}, current.split, ${to}, ${reason}, ${at}${sql.join(values)}
      from (select (select split from ${labels} where ${isLabel(key)}) as split) as current
      where ${sql.join(must, sql` and `)}
      returning position, from_split`;
  return [
    ...auditedSql(noteOf(tables, key, move), change),
    to === null
      ? sql`delete from ${labels} where ${isLabel(key)} and ${made}`
      : sql`insert into ${labels} (tenant_id, name, label, split, updated_at)
          select ${tenant_id}, ${name}, ${label}, ${to}, ${at} where ${made}
          on conflict (tenant_id, name, label) do update set split = excluded.split, updated_at = excluded.updated_at`,
  ];
}

const VERBS = {
  set: "moved",
  promotion: "moved",
  rollback: "rolled_back",
  automatic_rollback: "rolled_back",
  deletion: "deleted",
  prompt_deletion: "deleted",
  chain_deletion: "deleted",
} as const satisfies Record<MoveCause, string>;

function noteOf({ noun, kind, labels }: LabelTables, key: LabelKey, move: NewMove): AuditNote {
  const { tenant_id, name, label } = key;
  const { key_id, cause, to_split: to, reason, promotion_id } = move;
  const from = sql`json((select split from ${labels} where ${isLabel(key)}))`;
  const why = { ...(reason !== null && { reason }), ...(promotion_id !== null && { promotion_id, asked_by: key_id }) };
  const place = { tenant_id, ...(noun === "prompt" && { prompt: name }) };
  const detail = { from, to, cause, ...why };
  return { ...place, action: `${kind}.${VERBS[cause]}`, object: `${kind}:${name}@${label}`, detail };
}

/** What the labels of a prompt or chain mean, as JSON, for the facts of a note. */
export function labelsAsJson(
  { labels }: Pick<LabelTables, "labels">,
  { tenant_id, name }: Omit<LabelKey, "label">,
): SQL {
  return sql`json((select json_group_object(label, json(split)) from ${labels}
    where tenant_id = ${tenant_id} and name = ${name}))`;
}

/** The move that the second of {@link moveStatements} made, if it made one. */
export function toMade(key: LabelKey, move: NewMove, rows: Record<string, unknown>[] = []): MadeMove | undefined {
  const [row] = rows as { position: number; from_split: string | null }[];
  if (!row) return undefined;
  const from_split = row.from_split === null ? null : (JSON.parse(row.from_split) as SplitArm[]);
  return { ...key, ...move, position: row.position, from_split };
}

/**
 * The statement that notes the end of all labels of a prompt or chain, for a batch that deletes it;
 * `condition` says whether it does.
 */
export function endingMoves(
  { labels, moves }: Pick<LabelTables, "labels" | "moves">,
  { tenant_id, name }: Omit<LabelKey, "label">,
  end: Pick<NewMove, "key_id" | "cause" | "moved_at">,
  condition: SQL = sql`true`,
): SQL {
  const { key_id, cause, moved_at } = end;
  return sql`insert into ${moves} (tenant_id, name, label, position, id, key_id, cause, from_split, moved_at)
    select tenant_id, name, label, 1 + coalesce((select max(position) from ${moves} as m
      where m.tenant_id = l.tenant_id and m.name = l.name and m.label = l.label), 0),
      'mov_' || lower(hex(randomblob(16))), ${key_id}, ${cause}, split, ${moved_at}
    from ${labels} as l where tenant_id = ${tenant_id} and name = ${name} and ${condition}`;
}
