import type { BatchItem } from "../../../client/batches.ts";

/** So much of each output is kept for the table: a batch may have 50,000. */
const SHOWN_CHARACTERS = 500;

/** An item as the table shows it. */
export interface ItemRow {
  index: number;
  customId: string | null;
  status: BatchItem["status"];
  executionId: string | null;
  output: string | null;
  /** Whether `output` is only its beginning. */
  isCut: boolean;
  error: string | null;
  costUsd: number | null;
  latencyMs: number | null;
}

/** What the table keeps of an item. */
export function rowOf({ index, custom_id, status, execution, error }: BatchItem): ItemRow {
  const output = execution?.output ?? null;
  return {
    index,
    customId: custom_id,
    status,
    executionId: execution?.id ?? null,
    isCut: output !== null && output.length > SHOWN_CHARACTERS,
    output: output === null ? null : output.slice(0, SHOWN_CHARACTERS),
    error: error ? `${error.code}: ${error.detail}` : null,
    costUsd: execution?.cost_usd ?? null,
    latencyMs: execution?.latency_ms ?? null,
  };
}

/** The rows of a state; all of them where it is empty. */
export function rowsOf(rows: readonly ItemRow[], state: string): readonly ItemRow[] {
  return state === "" ? rows : rows.filter(({ status }) => status === state);
}
