import { addCallsTo, type CallSums } from "../../domain/completions/billed-calls.ts";
import type { Execution, RecordedExecution } from "../../domain/executions/execution.ts";
import type { Intent } from "../../domain/executions/intent.ts";
import { toEntry } from "../../domain/ledger/entry.ts";
import type { ExecutionFilter } from "../../domain/ledger/execution-filter.ts";
import {
  type CallSummary,
  type FeedbackEntry,
  LEDGER_SHARES,
  type LedgerListQuery,
  type LedgerObject,
  type OpenIntents,
  type UsageQuery,
  type UsageSummary,
} from "../../domain/ledger/ledger-messages.ts";
import type { InsightCell } from "../../domain/ledger/insight-cell.ts";
import type { InsightQuery, SubjectSeries, SubjectTotal } from "../../domain/ledger/insight-messages.ts";
import { InsightSums } from "../../domain/ledger/insight-sums.ts";
import { type FailedExecution, type FailureQuery, newestFirst } from "../../domain/ledger/recent-failures.ts";
import { intentSharesOf, shareOf } from "../../domain/ledger/shares.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import { encodeCursor, type Page } from "../../domain/page.ts";
import { SumTable, toSortedRows, toSumColumns } from "../../domain/usage/sum-table.ts";
import type { Shards } from "../shards.ts";
import { findIn, inCalls } from "../ledger/ledger-calls.ts";
import { addFeedbackScore, type ModelScores, readFeedbackScores } from "./feedback-scores.ts";
import { OldExecutions } from "./old-executions.ts";
import { LONGEST_AT_ONCE, TenantShares } from "./tenant-shares.ts";

/** A query for a page of executions. */
export interface ExecutionQuery extends ExecutionFilter {
  limit: number;
  /** Only executions whose id sorts before this one. */
  before?: string;
}

/** Where executions are kept. */
export interface ExecutionPlaces {
  /** The object that holds a share of a tenant's executions. */
  ledgerOf: (tenantId: string, share: number) => LedgerObject;
  /** The sums of feedback, and executions from before the ledger. */
  shards: Shards;
}

/** What a tenant's ledger knows of some hours. */
export interface TenantInsights {
  totals: SubjectTotal[];
  series: SubjectSeries[];
  /** The size of the largest of its databases. */
  largest_bytes: number;
  rows_read: number;
}

/** What is kept of an object's answer once its sums are added. */
type UsagePart = Omit<UsageSummary, "rows" | "columns">;

/** Executions that ended, in their tenant's ledger objects, so that no tenant's fill another's. */
export class ExecutionRepository {
  readonly #ledgerOf: ExecutionPlaces["ledgerOf"];
  readonly #tenants: TenantShares;
  readonly #shards: Shards;
  readonly #old: OldExecutions;

  constructor({ ledgerOf, shards }: ExecutionPlaces) {
    this.#ledgerOf = ledgerOf;
    this.#tenants = new TenantShares(ledgerOf);
    this.#shards = shards;
    this.#old = new OldExecutions(shards);
  }

  /** Writes an execution once, however often it is delivered. */
  async record(execution: Execution): Promise<void> {
    await this.recordAll([execution]);
  }

  /**
   * Writes many executions: one call and one transaction a ledger object, which writes all of its
   * records or none, as long as they are not megabytes. Throws `UnfitRecord` for a record with a
   * fault.
   */
  async recordAll(rows: readonly Execution[]): Promise<void> {
    await Promise.all(
      this.byShard(rows).map(async (some) => {
        const [first] = some;
        if (!first) return;
        const ledger = this.#ledgerOf(first.tenant_id, shareOf(first.id));
        for (const entries of inCalls(some.map(toEntry))) await ledger.append(entries);
      }),
    );
  }

  /** Executions in groups, one for each ledger object that they belong to. */
  byShard(rows: readonly Execution[]): Execution[][] {
    return [...Map.groupBy(rows, ({ tenant_id, id }) => `${tenant_id}/${shareOf(id)}`).values()];
  }

  async find(tenantId: string, id: string): Promise<RecordedExecution | undefined> {
    return (await this.findAll(tenantId, [id])).get(id);
  }

  /**
   * A tenant's executions by their ids, with one read an object. Omits ids that have no execution.
   */
  async findAll(tenantId: string, ids: readonly string[]): Promise<Map<string, RecordedExecution>> {
    const byShare = [...Map.groupBy(ids, shareOf)];
    const found = await Promise.all(
      byShare.map(async ([share, some]) => findIn(this.#ledgerOf(tenantId, share), some)),
    );
    const records = found.flatMap((part) => part.records);
    const known = new Set(records.filter(hasEnded).map(({ id }) => id));
    const missing = ids.filter((id) => !known.has(id));
    const old = missing.length === 0 ? [] : await this.#old.findAll(tenantId, missing);
    const feedback = new Map(found.flatMap((part) => part.feedback).map((entry) => [entry.id, entry]));
    const unrated = records.map((record) => ({ ...record, feedback_score: null, feedback_comment: null }));
    // An execution that is `unknown` in the ledger may have an end that is not moved yet.
    const all = [...old, ...unrated].toSorted((a, b) => Number(hasEnded(a)) - Number(hasEnded(b)));
    return new Map(all.map((row) => [row.id, withFeedback(row, feedback.get(row.id))]));
  }

  /** The intents of executions that are not on record, by their ids. */
  async findIntents(tenantId: string, ids: readonly string[]): Promise<Map<string, Intent>> {
    const asked = ids.flatMap((id) => intentSharesOf(id).map((share) => ({ id, share })));
    const byShare = [...Map.groupBy(asked, ({ share }) => share)];
    const found = await Promise.all(
      byShare.map(async ([share, some]) => this.#ledgerOf(tenantId, share).findIntents(some.map(({ id }) => id))),
    );
    const intents = found.flat().toSorted((a, b) => (a.attempts ?? 1) - (b.attempts ?? 1));
    return new Map(intents.map((intent) => [intent.id, intent]));
  }

  /** Which of these executions have a known end on record, with one read an object. */
  async findEnded(tenantId: string, ids: readonly string[]): Promise<Set<string>> {
    const ended = await Promise.all(
      [...Map.groupBy(ids, shareOf)].map(async ([share, some]) => this.#ledgerOf(tenantId, share).findEnded(some)),
    );
    const known = new Set(ended.flat());
    const missing = ids.filter((id) => !known.has(id));
    const old = missing.length === 0 ? [] : await this.#old.findAll(tenantId, missing);
    return new Set([...known, ...old.filter(hasEnded).map(({ id }) => id)]);
  }

  /**
   * A page of executions, newest first. Every object names its newest ids, and only the records of
   * the page are then read: an answer may be large, and most ids are not on the page. A page may
   * have fewer executions than asked for and still be followed by another one.
   */
  async list(tenantId: string, query: ExecutionQuery): Promise<Page<RecordedExecution>> {
    const { ids, next_cursor } = await this.listIds(tenantId, query);
    const rows = await this.findAll(tenantId, ids);
    return { data: ids.flatMap((id) => rows.get(id) ?? []), next_cursor };
  }

  /** The ids of a page, and how many rows were read to find them. */
  async listIds(tenantId: string, query: LedgerListQuery) {
    const parts = await this.#tenants.all(tenantId, async (ledger) => ledger.list(query));
    const reached = parts.flatMap((part) => part.reached ?? []).sort();
    // Nothing is known of some object's ids before this one.
    const floor = reached.at(-1);
    const all = parts.flatMap(({ ids }) => ids).filter((id) => floor === undefined || id >= floor);
    const ids = all.toSorted().toReversed();
    const next = ids.length > query.limit ? ids[query.limit - 1] : floor;
    const rows_read = parts.reduce((sum, part) => sum + part.rows_read, 0);
    return {
      ids: ids.slice(0, query.limit),
      next_cursor: next === undefined ? null : encodeCursor("executions", next),
      rows_read,
    };
  }

  /**
   * Sets the feedback of an execution, and then adds it to the sums of its prompt and model. False
   * if there is no such execution. A crash in between leaves the score out of the sums.
   */
  async setFeedback(tenantId: string, id: string, score: number, comment: string | null): Promise<boolean> {
    const rated = await this.find(tenantId, id);
    if (!rated) return false;
    const { prompt_name, model, status, feedback_score, created_at } = rated;
    const counted = { prompt: prompt_name, version: rated.prompt_version, model, created_at };
    const given = await this.#ledgerOf(tenantId, shareOf(id)).giveFeedback({ id, score, comment, rated: counted });
    const before = given ?? feedback_score;
    // Which model answered is not known of an execution that is `unknown`.
    if (model !== null && status !== "unknown") {
      await addFeedbackScore(this.#shards, tenantId, { prompt_name, model, before, score });
    }
    return true;
  }

  /** Stores feedback from before the ledger. The sums of its prompts have it already. */
  async adoptFeedback(tenantId: string, entries: readonly FeedbackEntry[]): Promise<void> {
    await Promise.all(
      [...Map.groupBy(entries, ({ id }) => shareOf(id))].map(async ([share, some]) =>
        this.#ledgerOf(tenantId, share).adoptFeedback(some),
      ),
    );
  }

  /** The feedback on a prompt's answers by these models, one row for each. */
  async feedbackScores(tenantId: string, promptName: string, models: readonly string[]): Promise<ModelScores[]> {
    return readFeedbackScores(this.#shards, tenantId, promptName, models);
  }

  /**
   * A tenant's usage, summed over all objects. One row more than the limit shows that there are too
   * many groups.
   */
  async usage(tenantId: string, query: UsageQuery): Promise<UsageSummary> {
    const { group_by } = query;
    const asked = { ...query, as_columns: true } as const;
    const sums = new SumTable(group_by.length, query.limit);
    const parts: UsagePart[] = [];
    // All answers of a large tenant would be more than the memory has.
    await this.#tenants.each(
      tenantId,
      async (ledger) => ledger.usage(asked),
      ({ columns, rows, ...part }) => {
        sums.addColumns(columns ?? toSumColumns(rows, group_by));
        parts.push(part);
      },
    );
    return {
      rows: toSortedRows(sums.columns(), group_by),
      from: Math.min(...parts.map(({ from }) => from)),
      to: Math.max(...parts.map(({ to }) => to)),
      first_due: firstDue(parts),
      rows_read: parts.reduce((sum, part) => sum + part.rows_read, 0),
    };
  }

  /** What a tenant's objects know of some hours, with one read each. */
  async insights(tenantId: string, query: InsightQuery): Promise<TenantInsights> {
    const sums = new InsightSums();
    let [largest_bytes, rows_read] = [0, 0];
    await this.#tenants.each(
      tenantId,
      async (ledger) => ledger.insights(query),
      (part) => {
        sums.add(part);
        largest_bytes = Math.max(largest_bytes, part.bytes);
        rows_read += part.rows_read;
      },
      LONGEST_AT_ONCE,
    );
    return { totals: sums.totals(), series: sums.series(), largest_bytes, rows_read };
  }

  /** The hours of all executions of a tenant together. */
  async allHours(tenantId: string, hours: NumberSpan): Promise<Map<number, InsightCell>> {
    const sums = new InsightSums();
    const ask = async (ledger: LedgerObject) => ledger.insights({ ...hours, whole: true });
    await this.#tenants.each(tenantId, ask, (part) => sums.add(part));
    return sums.whole();
  }

  /** The newest failures of a label: of each object at most `limit`, of all what eight would tell. */
  async failures(tenantId: string, query: FailureQuery): Promise<FailedExecution[]> {
    const parts = await this.#tenants.all(tenantId, async (ledger) => {
      const found = await ledger.failures({ ...query, as_summary: true });
      return Array.isArray(found) ? { failures: found } : found;
    });
    return newestFirst(parts.flatMap(({ failures }) => failures)).slice(0, LEDGER_SHARES * query.limit);
  }

  /** The calls of a tenant's executions that began in some hours, by model and hour. */
  async calls(tenantId: string, hours: NumberSpan): Promise<CallSummary> {
    const calls: CallSums = new Map();
    const unknown = new Map<number, number>();
    const parts: OpenIntents[] = [];
    await this.#tenants.each(
      tenantId,
      async (ledger) => ledger.calls(hours),
      ({ calls: some, unknown: others, ...part }) => {
        addCallsTo(calls, some);
        for (const { hour, executions } of others) unknown.set(hour, (unknown.get(hour) ?? 0) + executions);
        parts.push(part);
      },
      LONGEST_AT_ONCE,
    );
    return {
      first_due: firstDue(parts),
      calls: [...calls.values()],
      unknown: Array.from(unknown, ([hour, executions]) => ({ hour, executions })),
    };
  }
}

/** When the first intent of all objects is due, Unix ms; null where none is open. */
function firstDue(parts: readonly OpenIntents[]): number | null {
  const due = parts.flatMap(({ first_due }) => first_due ?? []);
  return due.length === 0 ? null : Math.min(...due);
}

function hasEnded({ status }: Execution): boolean {
  return status !== "unknown";
}

function withFeedback(row: RecordedExecution, entry: FeedbackEntry | undefined): RecordedExecution {
  return entry ? { ...row, feedback_score: entry.score, feedback_comment: entry.comment } : row;
}
