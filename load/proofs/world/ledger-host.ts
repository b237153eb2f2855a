import type { Execution } from "../../../src/domain/executions/execution.ts";
import type { IntentBlock } from "../../../src/domain/executions/intent.ts";
import { fromRecord, type LedgerEntry } from "../../../src/domain/ledger/entry.ts";
import type { LedgerObject } from "../../../src/domain/ledger/ledger-messages.ts";
import { DAY_MS, HOUR_MS } from "../../../src/domain/ledger/periods.ts";
import { shareOf } from "../../../src/domain/ledger/shares.ts";
import { LedgerShare } from "../../../src/storage/ledger/ledger-share.ts";
import { idsOfDay } from "../../../src/storage/ledger/stored-record.ts";
import type { Judge } from "./judge.ts";
import { D1_LIMIT_MS, LATE, type Moods, unavailable } from "./moods.ts";
import { callObject, type Ground, Memory } from "./network.ts";
import { ObjectSql } from "./object-sql.ts";

/** The settings of the deployment, as in wrangler.toml. */
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 5e9 };
/** A world has few executions, which are to be packed many times. */
const PACK_AT = { rows: 5, characters: 20_000 };
/** The platform repeats an alarm that an eviction broke off after this time, in ms. */
const REPEAT_ALARM_MS = 2_000;
/** The share of writes whose answer is an error although they took effect. */
const FAILED_AFTER = 0.02;

/** What a {@link LedgerHost} has beside its ground. */
export interface LedgerSurroundings {
  moods: Moods;
  judge: Judge;
  /** When each execution was first recorded, Unix ms. */
  recordedAt: Map<string, number>;
  ledgerOf(tenantId: string, share: number): LedgerObject;
}

/** An object of the ledger: the Worker's own code over real SQLite, behind a network. */
export class LedgerHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #around: LedgerSurroundings;
  readonly #memory: Memory;
  readonly #disk = new ObjectSql();
  readonly #number: number;
  #alarmAt: number | null = null;
  #share: LedgerShare;

  /** `name` is `<tenant>/<share>`. */
  constructor(ground: Ground, name: string, around: LedgerSurroundings) {
    this.#ground = ground;
    this.#name = name;
    this.#around = around;
    this.#number = Number(name.split("/")[1]);
    this.#memory = new Memory(`ledger ${name}`);
    this.#share = this.#newShare();
  }

  evict(): void {
    this.checkSums("before an eviction");
    this.#share = this.#newShare();
    this.#memory.evict();
    this.checkSums("after an eviction");
  }

  /** The object as Workers and other objects call it. */
  stub(): LedgerObject {
    const book = () => this.#share.book;
    const write = async <T>(what: string, run: () => Promise<T>) =>
      this.#call(what, async () => this.#write(run), true);
    const read = async <T>(what: string, run: () => T | Promise<T>) => this.#call(what, run, false);
    return {
      append: async (entries) => {
        const sent = structuredClone(entries);
        return write("append", async () => this.#append(sent));
      },
      intend: async (block, ended) => {
        const sent = structuredClone({ block, ended });
        return write("intend", async () => this.#intend(sent.block, sent.ended));
      },
      find: async (ids) => read("find", async () => book().find(ids)),
      findIntents: async (ids) => read("findIntents", () => book().intents.of(ids)),
      findEnded: async (ids) => read("findEnded", async () => book().findEnded(ids)),
      list: async (query) => read("list", async () => this.#share.list(query)),
      usage: async (query) => read("usage", () => this.#share.usage(query)),
      calls: async (hours) => read("calls", () => this.#share.calls(hours)),
      insights: async (query) => read("insights", () => this.#share.insights(query)),
      failures: async (query) => read("failures", () => this.#share.failures(query)),
      widen: async (shares) => write("widen", async () => this.#share.widen(shares)),
      giveFeedback: async () => Promise.reject(new Error("nobody gives feedback here")),
      adoptFeedback: async () => Promise.reject(new Error("there is no feedback to adopt here")),
    };
  }

  /** Every record of the object. */
  records(): Execution[] {
    const { days, records } = this.#share.book;
    const limits = { records: Number.MAX_SAFE_INTEGER };
    const all = days.all().map(({ day }) => records.newestIn(day, idsOfDay(day), limits).records);
    return all.flat().map(({ record }) => fromRecord(record));
  }

  /** What must be true at any time: usage counts each record once, and each where it belongs. */
  checkSums(when: string): void {
    const { judge } = this.#around;
    const records = this.records();
    const strays = records.filter(({ id }) => shareOf(id) !== this.#number);
    for (const { id } of strays) judge.accuse("ledger", `${id} is on record in ${this.#name}`);
    const now = this.#ground.clock.now();
    const query = { from: now - 5 * DAY_MS, to: now + DAY_MS, group_by: [], limit: 1 };
    const [sums] = this.#share.usage(query).rows;
    for (const name of ["cost_nanousd", "prompt_tokens"] as const) {
      const paid = records.filter(({ cached }) => cached === null);
      const summed = (name === "prompt_tokens" ? paid : records).reduce((sum, row) => sum + (row[name] ?? 0), 0);
      if (summed === (sums?.[name] ?? 0) && records.length === (sums?.executions ?? 0)) continue;
      const found = `usage counts ${sums?.executions} executions and ${sums?.[name]} ${name}`;
      judge.accuse("ledger", `${this.#name} ${when}: ${found}, its ${records.length} records ${summed}`);
    }
  }

  /** The sums of each hour and day at the end. */
  checkPeriods(): void {
    const records = this.records();
    this.#checkPeriods("hour", HOUR_MS, records);
    this.#checkPeriods("day", DAY_MS, records);
  }

  /** The sums of each hour and day are those of the records that started in it. */
  #checkPeriods(group: "hour" | "day", lengthMs: number, records: readonly Execution[]): void {
    const now = this.#ground.clock.now();
    const query = { from: now - 5 * DAY_MS, to: now + DAY_MS, group_by: [group], limit: 1_000 };
    const { rows } = this.#share.usage(query);
    const sums = new Map(rows.map(({ groups, cost_nanousd }) => [Date.parse(String(groups[group])), cost_nanousd]));
    const costs = new Map<number, number>();
    for (const { created_at, cost_nanousd } of records) {
      const start = Math.floor(created_at / lengthMs) * lengthMs;
      costs.set(start, (costs.get(start) ?? 0) + (cost_nanousd ?? 0));
    }
    for (const [start, cost] of costs) {
      if (sums.get(start) === cost) continue;
      const found = `the ${group} of ${new Date(start).toISOString()} counts ${sums.get(start)}`;
      this.#around.judge.accuse("days", `${this.#name}: ${found}, its records ${cost}`);
    }
  }

  /** At the end no intent may be open. */
  checkSettled(): void {
    const now = this.#ground.clock.now();
    const { first_due } = this.#share.usage({ from: now, to: now + 1, group_by: [], limit: 1 });
    if (first_due === null || first_due === undefined) return;
    this.#around.judge.accuse("ledger", `${this.#name} has an open intent, due ${now - first_due} ms ago`);
  }

  #newShare(): LedgerShare {
    const { clock, history } = this.#ground;
    const share = new LedgerShare({
      name: this.#name,
      storage: this.#disk,
      bucket: noBucket,
      settings: SETTINGS,
      packAt: PACK_AT,
      now: () => clock.now(),
      setAlarm: async (at) => this.#setAlarm(at),
      ledgerOf: (...of) => this.#around.ledgerOf(...of),
      onFault: (event) => history.add(`ledger ${this.#name} ${event}`),
    });
    share.restoreAlarm(this.#alarmAt);
    return share;
  }

  /** Calls the object in the mood that its database is in. */
  async #call<T>(what: string, run: () => T | Promise<T>, mayDouble: boolean): Promise<T> {
    const { clock, random } = this.#ground;
    const send = async () => callObject(this.#ground, this.#memory, `ledger ${this.#name} ${what}`, run, mayDouble);
    const mood = this.#around.moods.of(this.#number);
    if (mood === "well") return send();
    await clock.sleep(mood === "hangs" ? D1_LIMIT_MS : random.between(1, 8));
    if (mood === "hangs" && random.chance(LATE)) await send();
    throw unavailable(mood);
  }

  async #write<T>(run: () => Promise<T>): Promise<T> {
    const { random, faults } = this.#ground;
    const answer = await run();
    if (faults.has("storage") && random.chance(FAILED_AFTER)) throw unavailable("failed after it wrote");
    return answer;
  }

  async #append(entries: readonly LedgerEntry[]): Promise<void> {
    await this.#share.append(entries);
    this.#note(entries);
  }

  async #intend(block: IntentBlock, ended: readonly LedgerEntry[] = []): Promise<"recorded" | void> {
    const answer = await this.#share.intend(block, ended);
    this.#note(ended);
    return answer;
  }

  #note(entries: readonly LedgerEntry[]): void {
    const { clock, history } = this.#ground;
    const { recordedAt } = this.#around;
    for (const { id, status, sums } of entries) {
      history.add(`${this.#name} takes ${id} ${status} ${sums.cost_nanousd}`);
      if (!recordedAt.has(id)) recordedAt.set(id, clock.now());
    }
  }

  /** Sets the one alarm. */
  #setAlarm(at: number): void {
    const { clock } = this.#ground;
    this.#alarmAt = at;
    clock.in(undefined, Math.max(1, at - clock.now()), () => {
      if (this.#alarmAt === at) this.#ring();
    });
  }

  /** Rings in the object's memory; again, if that is evicted meanwhile. */
  #ring(): void {
    const { clock } = this.#ground;
    const { life } = this.#memory;
    this.#alarmAt = null;
    const stop = life.onEnd(() => clock.in(undefined, REPEAT_ALARM_MS, () => this.#ring()));
    void clock.within(life, async () => this.#share.ring()).then(stop);
  }
}

/** No day is old enough to be archived. */
const noBucket = {
  put: async () => Promise.reject(new Error("there is no archive here")),
  get: async () => null,
  delete: async () => Promise.reject(new Error("there is no archive here")),
};
