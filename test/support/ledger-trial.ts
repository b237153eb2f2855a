import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { Intent } from "../../src/domain/executions/intent.ts";
import { newId } from "../../src/domain/id.ts";
import { fromRecord, toEntry } from "../../src/domain/ledger/entry.ts";
import { DAY_MS } from "../../src/domain/ledger/periods.ts";
import type { ArchiveBucket } from "../../src/storage/ledger/ledger-archive.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
import type { LedgerStorage } from "../../src/storage/ledger/ledger-sql.ts";
import { recorded } from "./recorded.ts";

/** When a trial begins, Unix ms. */
export const NOW = Date.parse("2026-11-03T10:00:00Z");
/** Calls with records after which these are packed. */
export const PACK_ROWS = 64;
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 1e9 };

/** One share over an object's storage: it can be evicted, and its clock moves by hand. */
export class LedgerTrial {
  now = NOW;
  alarm: number | null = null;
  storage: LedgerStorage;
  bucket: ArchiveBucket = env.LEDGER_ARCHIVE;
  readonly name: string;
  readonly tenant: string;
  share: LedgerShare;

  constructor(storage: LedgerStorage, name: string) {
    this.storage = storage;
    this.name = name;
    [this.tenant = ""] = name.split("/");
    this.share = this.open();
  }

  open(): LedgerShare {
    const share = new LedgerShare({
      name: this.name,
      storage: this.storage,
      bucket: this.bucket,
      settings: SETTINGS,
      now: () => this.now,
      setAlarm: async (at) => void (this.alarm = at),
      ledgerOf: () => ({ append: async () => undefined, widen: async () => undefined }),
      onFault: (_event, error) => {
        throw error;
      },
    });
    share.restoreAlarm(this.alarm);
    return (this.share = share);
  }

  async append(...executions: Execution[]): Promise<void> {
    await this.share.append(executions.map(toEntry));
  }

  async intend(due_at: number, ...intents: Intent[]): Promise<void> {
    await this.share.intend({ tenant_id: this.tenant, due_at, intents });
  }

  /** Rings all alarms up to a time. */
  async passTo(to: number): Promise<void> {
    while (this.alarm !== null && this.alarm <= to) {
      this.now = Math.max(this.now, this.alarm);
      this.alarm = null;
      await this.share.ring();
    }
    this.now = to;
  }

  /** Appends other executions until all records are packed. */
  async pack(): Promise<void> {
    for (let calls = 0; calls < PACK_ROWS; calls++) await this.append(executionAt(this.now));
    if (this.share.book.journal.fresh.size >= PACK_ROWS) throw new Error("nothing was packed");
  }

  async find(id: string): Promise<Execution | undefined> {
    return (await this.share.book.find([id])).records.map(fromRecord)[0];
  }

  totals(): [number, number] {
    const query = { from: NOW - 30 * DAY_MS, to: NOW + 60 * DAY_MS, group_by: [], limit: 1 };
    const [row] = this.share.usage(query).rows;
    return [row?.executions ?? 0, row?.cost_nanousd ?? 0];
  }

  get firstDue(): number | null | undefined {
    return this.share.usage({ from: NOW, to: NOW + 1, group_by: [], limit: 1 }).first_due;
  }

  async listed(): Promise<string[]> {
    return (await this.share.book.list({ limit: 1_000 }, this.now)).ids;
  }

  rows(query: string): number {
    return this.share.book.sql.run<{ n: number }>(query)[0]?.n ?? 0;
  }
}

/** Does something with a trial over the storage of an object of this name. */
export async function withTrial<T>(name: string, work: (trial: LedgerTrial) => Promise<T>): Promise<T> {
  const full = `${name}/0`;
  return runInDurableObject(env.LEDGER.getByName(full), async (_ledger, { storage }) =>
    work(new LedgerTrial(storage, full)),
  );
}

/** An execution that started when its id was made. */
export function executionAt(ms: number, changes: Partial<Execution> = {}): Execution {
  return recorded({ id: newId("exe", ms), created_at: ms, ...changes });
}

/** An execution of which it is not known how it ended. */
export const unknownOf = (end: Execution): Execution => ({ ...end, status: "unknown", cost_nanousd: 900 });
