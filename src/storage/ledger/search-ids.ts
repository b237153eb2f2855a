import { type ExecutionFilter, isSelective, isWanted, mayBeWanted } from "../../domain/ledger/execution-filter.ts";
import { fromRecord } from "../../domain/ledger/entry.ts";
import type { LedgerIds, LedgerListQuery } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, dayOfHour, hourOf } from "../../domain/ledger/periods.ts";
import { unpackLines } from "../../domain/ledger/rollup.ts";
import type { LedgerDays } from "./ledger-days.ts";
import type { LedgerRecords } from "./ledger-records.ts";
import type { LedgerRollups } from "./ledger-rollups.ts";
import type { RecordWalk, WalkSpan } from "./record-walk.ts";
import { blockSpan, type RollupUnit } from "./rollup-table.ts";
import { idsOfDay, idsOfHour } from "./stored-record.ts";

/** What a search reads. The sums of the open hours are in memory. */
export interface SearchedLedger {
  days: LedgerDays;
  records: LedgerRecords;
  rollups: LedgerRollups;
  walk: RecordWalk;
  /**
   * Hours before this one have no rollup of their own, and days before this one have none at all.
   */
  oldestHour: number;
  oldestDay: number;
}

/** The most records that one search looks at, so that no list holds the object up. */
const MAX_EXAMINED = 20_000;

/**
 * Finds a page of ids, and one more that shows that another page follows. Rollups tell which days
 * and hours cannot have any; the records of the others are read, newest first.
 */
export async function searchIds(ledger: SearchedLedger, query: LedgerListQuery): Promise<Omit<LedgerIds, "rows_read">> {
  const ids: string[] = [];
  const idsOnly = !isSelective(query);
  let examined = 0;
  for (const span of spansOf(ledger, query)) {
    for await (const { id, record } of ledger.walk.all(span)) {
      if (idsOnly || isWanted(query, fromRecord(record))) ids.push(id);
      if (ids.length > query.limit) return { ids, reached: null };
      examined += 1;
      if (examined >= MAX_EXAMINED) return { ids, reached: id };
    }
  }
  return { ids, reached: null };
}

/** The parts of the ledger that may have wanted executions, newest first. */
function* spansOf(ledger: SearchedLedger, query: LedgerListQuery): Generator<WalkSpan> {
  const idsOnly = !isSelective(query);
  const index = new CoarseIndex(ledger, query);
  for (const { day } of ledger.days.all().toReversed()) {
    const whole = idsOfDay(day);
    if (query.before !== undefined && query.before <= whole.from) continue;
    const spans = idsOnly ? [whole] : index.idHoursOf(day).map(idsOfHour);
    for (const { from, to } of spans) {
      const end = query.before !== undefined && query.before < to ? query.before : to;
      if (from < end) yield { day, from, to: end, atFirst: query.limit + 1 };
    }
  }
}

/** Tells from the rollups which hours may have wanted executions. Reads each row once. */
class CoarseIndex {
  readonly #ledger: SearchedLedger;
  readonly #filter: ExecutionFilter;
  readonly #known: Record<RollupUnit, Map<number, boolean>> = { hour: new Map(), day: new Map() };

  constructor(ledger: SearchedLedger, filter: ExecutionFilter) {
    this.#ledger = ledger;
    this.#filter = filter;
  }

  /** The hours of a day's ids in which wanted executions may be, newest first. */
  idHoursOf(day: number): number[] {
    const hours = Array.from({ length: DAY_HOURS }, (_, at) => (day + 1) * DAY_HOURS - 1 - at);
    const { from = -Infinity, to = Infinity } = this.#filter;
    const displaced = this.#ledger.records.startHoursOf(day);
    return hours.filter((hour) => {
      const started = [hour, ...(displaced.get(hour) ?? [])];
      return started.some((each) => each >= hourOf(from) && each <= hourOf(to - 1) && this.#mayHave(each));
    });
  }

  #mayHave(hour: number): boolean {
    const { rollups, oldestHour, oldestDay } = this.#ledger;
    if (hour >= rollups.packedHour) {
      const lines = rollups.openHours().get(hour)?.plain.values() ?? [];
      return [...lines].some((line) => mayBeWanted(this.#filter, line));
    }
    const day = dayOfHour(hour);
    if (day < oldestDay) return true;
    if (day < rollups.packedDay && !this.#ofPacked("day", day)) return false;
    return hour < oldestHour || this.#ofPacked("hour", hour);
  }

  #ofPacked(unit: RollupUnit, start: number): boolean {
    const known = this.#known[unit];
    if (!known.has(start)) this.#readBlock(unit, start);
    return known.get(start) ?? false;
  }

  #readBlock(unit: RollupUnit, start: number): void {
    const known = this.#known[unit];
    const span = blockSpan(unit, start);
    for (let each = span.from; each < span.to; each++) known.set(each, false);
    for (const part of this.#ledger.rollups.table.each(unit, "plain", span)) {
      const lines = known.get(part.start) === true ? [] : unpackLines([part.body]);
      if ([...lines].some((line) => mayBeWanted(this.#filter, line))) known.set(part.start, true);
    }
  }
}
