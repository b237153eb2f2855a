import type { IntentBlock } from "../../src/domain/executions/intent.ts";
import type { LedgerEntry } from "../../src/domain/ledger/entry.ts";
import type { LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import type { LedgerStorage } from "../../src/storage/ledger/ledger-sql.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
import { ObjectSql } from "../proofs/world/object-sql.ts";
import { type Ground, type Handled, type ObjectShare, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** The settings of the deployment, as in wrangler.toml. */
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 5e9 };
const WRITES = /^\s*(?:insert|update|delete)\b/i;

/** What isolates and other shares use of a share. */
export type LedgerCalls = Pick<LedgerObject, "append" | "intend" | "findEnded" | "widen">;

/** What a {@link LedgerHost} has around it. */
export interface LedgerShape extends ObjectShare {
  ledgerOf(tenantId: string, share: number, from: Place): LedgerCalls;
  /** A planted fault: the share of blocks that are confirmed and not written. */
  dropped: number;
}

/** An object of the ledger: the Worker's own code over SQLite, behind its queue. */
export class LedgerHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #shape: LedgerShape;
  readonly #disk = new ObjectSql();
  #share: LedgerShare;
  #alarmAt: number | null = null;
  #rows = 0;

  /** `name` is `<tenant>/<share>`. */
  constructor(ground: Ground, name: string, place: Place, shape: LedgerShape) {
    this.#ground = ground;
    this.#shape = shape;
    this.site = new ObjectSite(ground, { className: "Ledger", name }, place, shape);
    this.#share = this.#start();
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#share = this.#start();
  }

  stub(from: Place): LedgerCalls {
    return {
      append: async (entries) => this.site.call(from, () => this.#count(async () => this.#append(entries))),
      findEnded: async (ids) =>
        this.site.call(from, async () => this.#count(async () => this.#share.book.findEnded(ids))),
      widen: async (shares) => this.site.call(from, () => this.#widen(shares)),
      intend: async (block, ended) => this.site.call(from, () => this.#count(async () => this.#intend(block, ended))),
    };
  }

  /** Which of these executions are on record, with an end or as `unknown`. */
  async recorded(ids: readonly string[]): Promise<Set<string>> {
    const recorded = new Set<string>();
    for (let wanted = [...ids]; wanted.length > 0;) {
      const { records, left } = await this.#share.book.find(wanted);
      for (const record of records) recorded.add((JSON.parse(record) as { id: string }).id);
      wanted = left;
    }
    return recorded;
  }

  async #append(entries: readonly LedgerEntry[]): Promise<void> {
    if (!this.#isDropped()) await this.#share.append(entries);
  }

  async #intend(block: IntentBlock, ended?: readonly LedgerEntry[]): Promise<"recorded"> {
    if (!this.#isDropped()) await this.#share.intend(block, ended);
    return "recorded";
  }

  #widen(shares: number): Handled<void> {
    const before = this.#rows;
    this.#share.widen(shares);
    return { reply: undefined, rows: this.#rows - before };
  }

  #isDropped(): boolean {
    return this.#shape.dropped > 0 && this.#ground.random.chance(this.#shape.dropped);
  }

  #start(): LedgerShare {
    const { clock } = this.#ground;
    const disk = this.#disk;
    const storage = {
      sql: {
        databaseSize: 0,
        exec: (statement: string, ...values: unknown[]) => {
          if (WRITES.test(statement)) {
            this.#rows += 1;
            this.site.noteRows(1);
          }
          return disk.sql.exec(statement, ...values);
        },
      },
      transactionSync: <T>(work: () => T) => disk.transactionSync(work),
    } as unknown as LedgerStorage;
    const share = new LedgerShare({
      name: this.site.name,
      storage,
      bucket: NO_BUCKET,
      settings: SETTINGS,
      now: () => clock.now(),
      setAlarm: async (at) => this.#setAlarm(at),
      ledgerOf: (tenantId, other) => this.#shape.ledgerOf(tenantId, other, this.site.place),
      onFault: () => undefined,
    });
    share.restoreAlarm(this.#alarmAt);
    return share;
  }

  #setAlarm(at: number): void {
    const { clock } = this.#ground;
    this.site.noteRows(1, "Ledger alarm");
    this.#alarmAt = at;
    clock.in(undefined, Math.max(1, at - clock.now()), () => {
      if (this.#alarmAt !== at) return;
      this.#alarmAt = null;
      this.site.run(() => this.#count(async () => this.#share.ring()));
    });
  }

  async #count<T>(run: () => Promise<T>): Promise<Handled<T>> {
    const before = this.#rows;
    const reply = await run();
    return { reply, rows: this.#rows - before };
  }
}

/** No day is old enough to be archived. */
const NO_BUCKET = {
  put: async () => Promise.reject(new Error("there is no archive here")),
  get: async () => null,
  delete: async () => Promise.reject(new Error("there is no archive here")),
};
