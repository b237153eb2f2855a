import type { BilledCalls } from "../completions/billed-calls.ts";
import type { Execution, ExecutionStatus } from "../executions/execution.ts";
import { isId } from "../id.ts";
import { md5Prefix } from "../../lib/hash.ts";
import type { Lane } from "../lane.ts";
import { type ExecutionInsight, insightOf } from "./insight-rollup.ts";
import type { FailedExecution } from "./recent-failures.ts";
import { noUsage, type UsageSums } from "../usage/usage.ts";

/** What rollups tell executions apart by. */
export interface Combination {
  prompt: string;
  version: number;
  label: string | null;
  model: string | null;
  provider: string | null;
  key: string;
  /** Null in records of older versions. */
  lane: Lane | null;
  tags: string[];
  user: string | null;
}

/** An execution as the ledger takes it: its record as JSON, and what the ledger decides by. */
export interface LedgerEntry {
  id: string;
  /** When it started, Unix ms. Its id may be older. */
  created_at: number;
  status: ExecutionStatus;
  attempts: number;
  combination: Combination;
  sums: UsageSums;
  /** Its calls to providers; absent where they are not known, as in entries of older versions. */
  calls?: BilledCalls[];
  /** Absent where its end is not known, and in entries of older versions. */
  insight?: ExecutionInsight;
  /** Absent where it did not fail, or had no label, and in entries of older versions. */
  failure?: FailedExecution;
  record: string;
}

/** An execution that can never be recorded, because its record has a fault. */
export class UnfitRecord extends Error {}

/** Fields that records of older versions may lack. */
const DEFAULTS = { output_truncated: false, cached_tokens: 0, usage_estimated: false };

/** Throws {@link UnfitRecord} for a record that the ledger could not count or find again. */
export function toEntry(execution: Execution): LedgerEntry {
  const entry = { ...describe(execution), record: JSON.stringify({ ...DEFAULTS, ...execution }) };
  const { id, combination, sums, created_at, attempts } = entry;
  requireFit(id, combination, { ...sums, created_at, attempts });
  return entry;
}

/** The entry of a record that the ledger has taken, which need not be checked or written again. */
export function toKnownEntry(record: string): LedgerEntry {
  return { ...describe(fromRecord(record)), record };
}

/** What the ledger decides and counts by: the same whenever it is read out of the record. */
function describe(execution: Execution): Omit<LedgerEntry, "record"> {
  const { id, created_at, status, attempts, calls } = execution;
  const insight = insightOf(execution);
  const failure = failureOf(execution);
  return {
    id,
    created_at,
    status,
    attempts,
    combination: combinationOf(execution),
    sums: sumsOf(execution),
    ...(calls && { calls }),
    ...(insight && { insight }),
    ...(failure && { failure }),
  };
}

/** Reads an execution back from its record in the ledger. */
export function fromRecord(record: string): Execution {
  return JSON.parse(record) as Execution;
}

/**
 * Whether an execution replaces the one that is on record under its id. The first record stays,
 * except that a known end replaces `unknown`, however late it comes, and so does another `unknown`
 * that knows of more attempts. A failure without a call gives way to an end with calls: a later
 * worker of the same idempotency key made them before it could see that record, and they are paid.
 */
export function supersedes(
  arriving: Pick<Execution, "status" | "attempts">,
  known: Pick<Execution, "status" | "attempts">,
): boolean {
  const hasMoreCalls = arriving.attempts > known.attempts;
  if (known.status === "unknown") return arriving.status !== "unknown" || hasMoreCalls;
  return known.status === "failed" && known.attempts === 0 && arriving.status !== "unknown" && hasMoreCalls;
}

function combinationOf(execution: Execution): Combination {
  return {
    prompt: execution.prompt_name,
    version: execution.prompt_version,
    label: execution.prompt_label ?? null,
    model: execution.model ?? null,
    provider: execution.provider ?? null,
    key: execution.key_id,
    lane: execution.lane ?? null,
    tags: execution.prompt_tags ?? [],
    user: execution.end_user ?? null,
  };
}

/** What one execution adds to the sums. A stored or shared answer was not paid, but saved. */
function sumsOf(execution: Execution): UsageSums {
  const { status, cached, prompt_tokens, completion_tokens } = execution;
  const sums = { ...noUsage(), executions: 1, cost_nanousd: execution.cost_nanousd ?? 0 };
  if (status === "failed") sums.errors = 1;
  if (status === "unknown") sums.unknown = 1;
  if (cached === null || cached === undefined) return { ...sums, prompt_tokens, completion_tokens };
  const saved_tokens = prompt_tokens + completion_tokens;
  return { ...sums, saved_tokens, saved_nanousd: execution.saved_nanousd ?? 0, [`${cached}_hits`]: 1 };
}

/** Test runs and callers that name a version have no label. */
function failureOf(execution: Execution): FailedExecution | undefined {
  const { id, status, prompt_name, prompt_version, prompt_label, end_user, attempts, created_at, latency_ms } =
    execution;
  if (status !== "failed" || typeof prompt_label !== "string") return undefined;
  return {
    id,
    prompt: prompt_name,
    label: prompt_label,
    version: prompt_version,
    user: typeof end_user === "string" ? md5Prefix(end_user) : null,
    called: attempts > 0,
    created_at,
    ended_at: created_at + latency_ms,
  };
}

function requireFit(id: string, { prompt, key, version }: Combination, numbers: Record<string, number>): void {
  const faults = [
    ...(isId("exe", id) ? [] : ["id"]),
    ...(typeof prompt === "string" ? [] : ["prompt_name"]),
    ...(typeof key === "string" ? [] : ["key_id"]),
    ...Object.entries({ version, ...numbers }).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [name])),
  ];
  if (faults.length > 0) throw new UnfitRecord(`A record has no usable ${faults.join(", ")}.`);
}
