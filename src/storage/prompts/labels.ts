import { eq, lte, type SQL, sql } from "drizzle-orm";
import type { LabelProtection } from "../../domain/promotions/protection.ts";
import { type LabelKey, splitText } from "../../domain/prompts/label-move.ts";
import { bucketOfPrompt, promptKey } from "../../domain/shard.ts";
import { entriesForRows } from "../audit/audited.ts";
import { labelMoves, promptLabels } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";
import {
  isLabel,
  isMade,
  LabelStore,
  type LabelTables,
  type MadeMove,
  type MoveCondition,
  moveStatements,
  type NewMove,
  toMade,
} from "./label-store.ts";

/** Where labels of prompts are. */
export const PROMPT_LABELS = {
  noun: "prompt",
  kind: "label",
  labels: promptLabels,
  moves: labelMoves,
  owners: sql`prompts`,
  versions: sql`prompt_versions`,
} as const satisfies LabelTables;

/** Labels of prompts and their moves, each on the shard of its prompt. Times are Unix ms. */
export class LabelRepository extends LabelStore {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    super(PROMPT_LABELS);
    this.#shards = shards;
  }

  async move(key: LabelKey, move: NewMove, { from, gated }: MoveCondition): Promise<MadeMove | undefined> {
    const conditions = [
      ...(from === undefined ? [] : [sql`current.split is ${splitText(from)}`]),
      ...(gated ? [] : [sql`not exists (select 1 from label_protections where ${isLabel(key)} and ${IS_GATED})`]),
    ];
    const [, made] = await transact(this.home(key), promptMoveStatements(key, move, conditions));
    return toMade(key, move, made);
  }

  /** Moves of all shards that were made before a time and are not told of; some of each. */
  async untold(before: number, limit: number): Promise<MadeMove[]> {
    return this.#shards.everywhere(
      async (db) =>
        db
          .select()
          .from(labelMoves)
          .where(lte(labelMoves.untold_at, before))
          .orderBy(labelMoves.untold_at)
          .limit(limit),
      bucketOfPrompt,
    );
  }

  /** The event of a move is stored. */
  async setTold(key: LabelKey, id: string): Promise<void> {
    await this.home(key).update(labelMoves).set({ untold_at: null }).where(eq(labelMoves.id, id));
  }

  protected home({ tenant_id, name }: Omit<LabelKey, "label">): Database {
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

/**
 * The statements of a move of a prompt's label, as {@link moveStatements}. With it promotions end
 * that were asked for something else, and whoever watches splits looks at the label.
 */
export function promptMoveStatements(key: LabelKey, move: NewMove, conditions: readonly SQL[]): SQL[] {
  const { tenant_id, name } = key;
  const { promotion_id, traceparent, moved_at: at } = move;
  const made = isMade(PROMPT_LABELS, key, move);
  const why = "The label was moved meanwhile.";
  const refusal = { tenant_id, prompt: name, action: "promotion.refused", object: sql`'promotion:' || id` } as const;
  const isOvertaken = sql`${isLabel(key)} and status = 'pending' and id is not ${promotion_id} and ${made}`;
  return [
    ...moveStatements(PROMPT_LABELS, key, move, { conditions, more: { promotion_id, traceparent, untold_at: at } }),
    entriesForRows({ ...refusal, detail: { why } }, sql`promotions where ${isOvertaken}`),
    sql`update promotions set status = 'failed', detail = ${why}, ended_at = ${at}, due_at = ${at}
      where ${isOvertaken}`,
    sql`update label_protections set canary_due_at = ${at}
      where ${isLabel(key)} and auto_rollback is not null and ${made}`,
  ];
}
