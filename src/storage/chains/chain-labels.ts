import { sql } from "drizzle-orm";
import { type LabelKey, splitText } from "../../domain/prompts/label-move.ts";
import {
  LabelStore,
  type LabelTables,
  type MadeMove,
  type MoveCondition,
  moveStatements,
  type NewMove,
  toMade,
} from "../prompts/label-store.ts";
import { chainLabelMoves, chainLabels } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** Where labels of chains are. */
export const CHAIN_LABELS = {
  noun: "chain",
  kind: "chain_label",
  labels: chainLabels,
  moves: chainLabelMoves,
  owners: sql`chains`,
  versions: sql`chain_versions`,
} as const satisfies LabelTables;

/** Labels of chains and their moves, on the tenant's shard. Nothing protects them. */
export class ChainLabelRepository extends LabelStore {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    super(CHAIN_LABELS);
    this.#shards = shards;
  }

  async move(key: LabelKey, move: NewMove, { from }: MoveCondition): Promise<MadeMove | undefined> {
    const conditions = from === undefined ? [] : [sql`current.split is ${splitText(from)}`];
    const [, made] = await transact(this.home(key), moveStatements(CHAIN_LABELS, key, move, { conditions }));
    return toMade(key, move, made);
  }

  protected home({ tenant_id }: Omit<LabelKey, "label">): Database {
    return this.#shards.of(tenant_id);
  }
}
