import type { MoveStepResult } from "../../domain/shards/shard-move.ts";
import type { shardMoves } from "../schema.ts";

/** A move as it is stored. */
export type StoredMove = typeof shardMoves.$inferSelect;

/** What a step did: its result, and what the row of the move has from now on. */
export interface MoveStep {
  result: MoveStepResult;
  change?: Partial<StoredMove>;
  /** Whether the next step must wait for the next run of the sweep. */
  waits?: true;
  /** What follows once the row of the move has what the step did. */
  after?: () => Promise<void>;
}
