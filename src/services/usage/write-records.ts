import type { Execution } from "../../domain/executions/execution.ts";
import { UnfitRecord } from "../../domain/ledger/entry.ts";
import { withTimeout } from "../../lib/deadline.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import { fitRow } from "./fit-record.ts";

/** What {@link writeRecords} needs. */
export interface WriteRecordsDeps {
  executions: Pick<ExecutionRepository, "byShard" | "recordAll">;
}

/** Records of a share that were not written, and why. */
export interface UnwrittenRecords {
  executions: Execution[];
  error: unknown;
}

/** The most executions of one write. */
export const MAX_WRITE = 50;

/**
 * Writes executions to their shares, each share on its own, up to {@link MAX_WRITE} in one write. A
 * share that fails, or does not answer within `timeoutMs`, is not asked again. Returns what was not
 * written; it may still appear, because a write that was given up may yet succeed.
 */
export async function writeRecords(
  deps: WriteRecordsDeps,
  executions: readonly Execution[],
  timeoutMs: number,
): Promise<UnwrittenRecords[]> {
  const shares = deps.executions.byShard(executions);
  const unwritten = await Promise.all(shares.map(async (some) => writeShare(deps, some, timeoutMs)));
  return unwritten.flat();
}

async function writeShare(
  deps: WriteRecordsDeps,
  executions: readonly Execution[],
  timeoutMs: number,
): Promise<UnwrittenRecords[]> {
  const unwritten: UnwrittenRecords[] = [];
  const chunks = chunksOf(executions);
  for (let next = chunks.shift(); next; next = chunks.shift()) {
    try {
      await withTimeout(deps.executions.recordAll(next.map(fitRow)), timeoutMs, () => overdue(timeoutMs));
    } catch (error) {
      // One row that cannot be written must not keep the others away: each is then written alone.
      if (isRowFault(error) && next.length > 1) chunks.unshift(...next.map((one) => [one]));
      else if (isRowFault(error)) unwritten.push({ executions: next, error });
      else return [...unwritten, { executions: [next, ...chunks].flat(), error }];
    }
  }
  return unwritten;
}

function chunksOf(executions: readonly Execution[]): Execution[][] {
  const chunks: Execution[][] = [];
  for (let at = 0; at < executions.length; at += MAX_WRITE) chunks.push(executions.slice(at, at + MAX_WRITE));
  return chunks;
}

/** Whether a write failed because of a row, and not because of the share. */
export function isRowFault(error: unknown): boolean {
  if (error instanceof UnfitRecord) return true;
  return error instanceof Error && /constraint|too big|TYPE_ERROR/i.test(error.message);
}

function overdue(timeoutMs: number): Error {
  return new Error(`The share did not answer within ${timeoutMs} ms.`);
}
