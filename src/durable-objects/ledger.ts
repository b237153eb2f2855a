import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../config.ts";
import type { Intent, IntentBlock } from "../domain/executions/intent.ts";
import type { LedgerEntry } from "../domain/ledger/entry.ts";
import type { InsightQuery, InsightSummary } from "../domain/ledger/insight-messages.ts";
import type {
  CallSummary,
  FailureSummary,
  FeedbackEntry,
  FoundRecords,
  GivenFeedback,
  LedgerFailureQuery,
  LedgerIds,
  LedgerListQuery,
  LedgerObject,
  SharesNote,
  UsageQuery,
  UsageSummary,
} from "../domain/ledger/ledger-messages.ts";
import { objectNamed } from "../domain/object-names.ts";
import type { FailedExecution } from "../domain/ledger/recent-failures.ts";
import type { NumberSpan } from "../domain/ledger/usage-plan.ts";
import { LedgerShare } from "../storage/ledger/ledger-share.ts";
import { describeError, log } from "../telemetry/log.ts";

/**
 * A share of a tenant's executions, named `<tenant>/<share>`: the one place that decides whether an
 * execution is on record, and that keeps its intent until then. See {@link LedgerShare}.
 */
export class Ledger extends DurableObject<Env> implements LedgerObject {
  readonly #share: LedgerShare;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { storage, id } = ctx;
    const name = id.name ?? "";
    this.#share = new LedgerShare({
      name,
      storage,
      bucket: env.LEDGER_ARCHIVE,
      settings: readConfig(env).ledger,
      now: () => Date.now(),
      setAlarm: async (at) => storage.setAlarm(at),
      ledgerOf: (tenantId, share) => objectNamed(env.LEDGER, `${tenantId}/${share}`),
      onFault: (event, error) => log("error", event, { object: name, error: describeError(error) }),
    });
    void ctx.blockConcurrencyWhile(async () => {
      this.#share.restoreAlarm(await storage.getAlarm());
    });
  }

  /** The platform's output gate holds the reply back until all records are on disk. */
  async append(entries: readonly LedgerEntry[]): Promise<void> {
    await this.#share.append(entries);
  }

  /** As for records, the reply is held back until the block is on disk. */
  async intend(block: IntentBlock, ended?: readonly LedgerEntry[]): Promise<"recorded"> {
    return this.#share.intend(block, ended);
  }

  async find(ids: readonly string[]): Promise<FoundRecords> {
    return this.#share.book.find(ids);
  }

  async findIntents(ids: readonly string[]): Promise<Intent[]> {
    return this.#share.book.intents.of(ids);
  }

  async findEnded(ids: readonly string[]): Promise<string[]> {
    return this.#share.book.findEnded(ids);
  }

  async list(query: LedgerListQuery): Promise<LedgerIds> {
    return this.#share.list(query);
  }

  async usage(query: UsageQuery): Promise<UsageSummary> {
    return this.#share.usage(query);
  }

  async calls(hours: NumberSpan): Promise<CallSummary> {
    return this.#share.calls(hours);
  }

  async insights(query: InsightQuery): Promise<InsightSummary & SharesNote> {
    return this.#share.insights(query);
  }

  async failures(query: LedgerFailureQuery): Promise<FailureSummary | FailedExecution[]> {
    return this.#share.failures(query);
  }

  /** The note is on disk before the reply leaves. */
  async widen(shares: number): Promise<void> {
    this.#share.widen(shares);
  }

  async giveFeedback(entry: GivenFeedback): Promise<number | null> {
    return this.#share.book.giveFeedback(entry, Date.now());
  }

  async adoptFeedback(entries: readonly FeedbackEntry[]): Promise<void> {
    this.#share.book.adoptFeedback(entries);
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  override async alarm(): Promise<void> {
    await this.#share.ring();
  }
}
