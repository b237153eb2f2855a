import type { BilledCalls } from "../completions/billed-calls.ts";
import type { Intent, IntentBlock } from "../executions/intent.ts";
import type { SumColumns } from "../usage/sum-table.ts";
import type { UsageFilter } from "../usage/usage-selection.ts";
import type { UsageGroup, UsageRow } from "../usage/usage.ts";
import type { LedgerEntry } from "./entry.ts";
import type { ExecutionFilter } from "./execution-filter.ts";
import type { InsightQuery, InsightSummary } from "./insight-messages.ts";
import type { FailedExecution, FailureQuery } from "./recent-failures.ts";
import type { CountedScore } from "./rating-cell.ts";
import type { NumberSpan } from "./usage-plan.ts";

/** The feedback on an execution: an entry of its own beside the record. */
export interface FeedbackEntry {
  id: string;
  score: number;
  comment: string | null;
}

/**
 * Feedback that is given: with what its execution is counted by, which older versions leave out.
 */
export interface GivenFeedback extends FeedbackEntry {
  rated?: Omit<CountedScore, "score" | "before">;
}

/** Records by their ids. */
export interface FoundRecords {
  /** Each one as JSON. */
  records: string[];
  /** Of any of the ids, whether it has a record here or not. */
  feedback: FeedbackEntry[];
  /** Ids that were not looked at, because the answer is long enough. */
  left: string[];
}

/** What an object tells of its tenant's ledger beside its own answer. */
export interface SharesNote {
  /**
   * How many objects the ledger has or had, as far as this one was told by
   * {@link LedgerObject.widen}; absent where it was not, and in answers of older versions.
   */
  shares?: number;
}

/** A question for a page of ids, newest first. */
export interface LedgerListQuery extends ExecutionFilter {
  limit: number;
  /** Only ids that sort before this one. */
  before?: string;
}

/** Ids of executions, newest first. */
export interface LedgerIds extends SharesNote {
  ids: string[];
  /** Where the search gave up for this time: nothing is known of ids before this one. */
  reached: string | null;
  /** How many rows and archived records were read for it. */
  rows_read: number;
}

/** A question for usage. Times are Unix ms; `from` is included, `to` is not. */
export interface UsageQuery extends NumberSpan {
  group_by: UsageGroup[];
  /** The groups that are wanted, by dimensions of `group_by`. Older versions answer with all. */
  filter?: UsageFilter;
  /** The most groups that the caller accepts. */
  limit: number;
  /** The caller reads `columns`. Older versions do not, and answer with rows. */
  as_columns?: true;
}

/** What the objects of a ledger tell of intents whose executions are not on record. */
export interface OpenIntents {
  /**
   * When the first is due, Unix ms; null where there is none, absent in older versions' answers.
   */
  first_due?: number | null;
}

/** The usage of a time, which may begin earlier and end later than was asked for. */
export interface UsageSummary extends NumberSpan, OpenIntents, SharesNote {
  /** The groups, in any order; none where `columns` has them. */
  rows: UsageRow[];
  columns?: SumColumns;
  /** How many rows were read for it. */
  rows_read: number;
}

/** The calls to providers that began in some hours. */
export interface CallSummary extends OpenIntents, SharesNote {
  calls: BilledCalls[];
  /** Hours in which executions started whose calls are not known: records of older versions. */
  unknown: { hour: number; executions: number }[];
}

/** A question for failures. */
export interface LedgerFailureQuery extends FailureQuery {
  /** The caller reads a summary. Older versions do not, and answer with a list. */
  as_summary?: true;
}

/** Failures of a label. */
export interface FailureSummary extends SharesNote {
  failures: FailedExecution[];
}

/** The object that holds a share of a tenant's executions. */
export interface LedgerObject {
  /**
   * Records executions, each once. All are on disk when this resolves; if it rejects, none is.
   */
  append(entries: readonly LedgerEntry[]): Promise<void>;
  /**
   * Keeps intents until their executions are on record, or records them as `unknown` once they are
   * due. They are on disk when this resolves. It records executions that have ended along with
   * them, as `append` does; objects of older versions do not, and do not answer "recorded".
   */
  intend(block: IntentBlock, ended?: readonly LedgerEntry[]): Promise<"recorded" | void>;
  find(ids: readonly string[]): Promise<FoundRecords>;
  /**
   * The intents that it holds of these executions, and that no record has settled. Another share
   * may hold some of its ids.
   */
  findIntents(ids: readonly string[]): Promise<Intent[]>;
  /** Which of these executions have a known end on record. */
  findEnded(ids: readonly string[]): Promise<string[]>;
  list(query: LedgerListQuery): Promise<LedgerIds>;
  usage(query: UsageQuery): Promise<UsageSummary>;
  /** The calls that began in hours from `from` up to, and without, `to`. */
  calls(hours: NumberSpan): Promise<CallSummary>;
  /** What insights are made of. */
  insights(query: InsightQuery): Promise<InsightSummary & SharesNote>;
  /**
   * The newest failures of a label; of executions that began in the last hour all are known. The
   * bare list comes from older versions, and is for them.
   */
  failures(query: LedgerFailureQuery): Promise<FailureSummary | FailedExecution[]>;
  /**
   * Notes that the tenant's ledger has this many objects or more, for all who read it. It is on disk
   * when this resolves, and never undone. The objects beyond the first {@link LEDGER_SHARES} tell
   * one of these before they take anything.
   */
  widen(shares: number): Promise<void>;
  /** Stores feedback and returns the score that it replaces. */
  giveFeedback(entry: GivenFeedback): Promise<number | null>;
  /** Stores feedback from before the ledger, where there is none yet. */
  adoptFeedback(entries: readonly FeedbackEntry[]): Promise<void>;
}

/**
 * The number of objects over which a tenant's executions are spread whose ids do not name one: they
 * hold a day of ten million executions of 8 KB. A query for 90 days of usage reads at most 1,000
 * rows of them. It can never change.
 */
export const LEDGER_SHARES = 8;
