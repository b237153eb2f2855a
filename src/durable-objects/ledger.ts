import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../config.ts";
import type { LedgerEntry } from "../domain/ledger/entry.ts";
import type {
  FeedbackEntry,
  FoundRecords,
  LedgerIds,
  LedgerListQuery,
  LedgerObject,
  UsageQuery,
  UsageSummary,
} from "../domain/ledger/ledger-messages.ts";
import { LedgerBook } from "../storage/ledger/ledger-book.ts";
import { LedgerUpkeep } from "../storage/ledger/ledger-upkeep.ts";
import { describeError, log } from "../telemetry/log.ts";

/** How long work that failed is left alone, ms. */
const PAUSE_MS = 60_000;

/**
 * A share of a tenant's executions, named `<tenant>/<share>`: the one place that decides whether an
 * execution is on record. See {@link LedgerBook}.
 */
export class Ledger extends DurableObject<Env> implements LedgerObject {
  readonly #book: LedgerBook;
  readonly #upkeep: LedgerUpkeep;
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { storage, id } = ctx;
    this.#book = new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name: id.name ?? "" });
    this.#upkeep = new LedgerUpkeep(this.#book, readConfig(env).ledger);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await storage.getAlarm();
    });
  }

  /** The platform's output gate holds the reply back until all records are on disk. */
  async append(entries: readonly LedgerEntry[]): Promise<void> {
    const now = Date.now();
    await this.#book.append(entries, now);
    if (this.#alarmAt === null || this.#upkeep.isFull) await this.#wakeAt(this.#upkeep.next(now));
  }

  async find(ids: readonly string[]): Promise<FoundRecords> {
    return this.#book.find(ids);
  }

  async findEnded(ids: readonly string[]): Promise<string[]> {
    return this.#book.findEnded(ids);
  }

  async list(query: LedgerListQuery): Promise<LedgerIds> {
    return this.#book.list(query, Date.now());
  }

  async usage(query: UsageQuery): Promise<UsageSummary> {
    return this.#book.usage(query, Date.now());
  }

  async giveFeedback(entry: FeedbackEntry): Promise<number | null> {
    return this.#book.giveFeedback(entry, Date.now());
  }

  async adoptFeedback(entries: readonly FeedbackEntry[]): Promise<void> {
    this.#book.adoptFeedback(entries, Date.now());
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    try {
      await this.#wakeAt(await this.#upkeep.work(Date.now()));
    } catch (error) {
      log("error", "ledger_upkeep_fault", { object: this.ctx.id.name ?? "", error: describeError(error) });
      await this.#wakeAt(Date.now() + PAUSE_MS);
    }
  }

  /** Sets the alarm, unless it rings before that. A set alarm costs a written row. */
  async #wakeAt(at: number | null): Promise<void> {
    if (at === null || (this.#alarmAt !== null && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(at);
  }
}
