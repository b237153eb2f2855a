import { toKnownEntry } from "../../domain/ledger/entry.ts";
import type { UsageQuery } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, dayOfHour, HOUR_MS } from "../../domain/ledger/periods.ts";
import { extractFor, kindOf } from "../../domain/ledger/extract.ts";
import {
  readPart,
  type RollupColumn,
  type RollupKind,
  type RollupLine,
  unpackLines,
} from "../../domain/ledger/rollup.ts";
import { UsageFold } from "../../domain/ledger/usage-fold.ts";
import { type NumberSpan, type PartialHour, planUsage, type UsagePlan } from "../../domain/ledger/usage-plan.ts";
import type { SumColumns } from "../../domain/usage/sum-table.ts";
import { DAYS_OF_BLOCK } from "./extract-tables.ts";
import type { SearchedLedger } from "./search-ids.ts";

/** The most executions of an hour whose records are read because only a part of it is asked for. */
const MAX_SCANNED = 20_000;

/** The sums, and the time that they cover. */
interface SummedUsage extends NumberSpan {
  columns: SumColumns;
}

/** Sums usage from the rollups, and from records for parts of an hour. */
export function sumUsage(ledger: SearchedLedger, query: UsageQuery): SummedUsage {
  const { packedDay } = ledger.rollups;
  const byHour = query.group_by.includes("hour");
  const plan = planUsage({ ...query, byHour }, { packedDay, oldestHour: ledger.oldestHour });
  const summing = new UsageSum(ledger, query);
  summing.addPacked(plan);
  for (const hours of plan.hours) summing.addOpen(hours);
  let { from, to } = plan;
  for (const part of plan.parts) {
    if (summing.addPart(part)) continue;
    const end = (part.hour + 1) * HOUR_MS;
    summing.addHour(part.hour);
    from = part.from === from ? part.hour * HOUR_MS : from;
    to = part.to === to ? end : to;
  }
  return { columns: summing.fold.columns(), from, to };
}

class UsageSum {
  readonly fold: UsageFold;
  readonly #ledger: SearchedLedger;
  readonly #query: UsageQuery;
  readonly #kind: RollupKind;
  readonly #columns: readonly RollupColumn[];
  /** Nothing is stored of days before it. */
  readonly #firstDay: number;

  constructor(ledger: SearchedLedger, query: UsageQuery) {
    this.#ledger = ledger;
    this.#query = query;
    this.#columns = extractFor(query.group_by);
    this.#kind = kindOf(this.#columns);
    this.#firstDay = ledger.rollups.table.firstDay() ?? Infinity;
    this.fold = new UsageFold(query.group_by, query.limit, query.filter);
  }

  /** Adds the packed periods of a plan. */
  addPacked({ days, hours }: Pick<UsagePlan, "days" | "hours">): void {
    const { remembered } = this.#ledger.rollups;
    const { group_by, limit, filter } = this.#query;
    const question = JSON.stringify([group_by, limit, days, hours, filter]);
    this.fold.addColumns(remembered.get(question, () => this.#sumPacked({ days, hours })));
  }

  /** Adds hours that are not packed. */
  addOpen({ from, to }: NumberSpan): void {
    for (const [hour, rollup] of this.#ledger.rollups.openHours()) {
      if (hour >= from && hour < to) this.#add(rollup[this.#kind].values(), hour);
    }
  }

  addHour(hour: number): void {
    const hours = { from: hour, to: hour + 1 };
    this.addPacked({ days: { from: 0, to: 0 }, hours: [hours] });
    this.addOpen(hours);
  }

  /** Adds a part of an hour. False if its records cannot be read within bounds. */
  addPart({ hour, from, to }: PartialHour): boolean {
    const { first, last, executions } = this.#spanOf(hour);
    if (to <= first || from > last) return true;
    if (from <= first && to > last) this.addHour(hour);
    else if (executions > MAX_SCANNED || !this.#isInDatabase(hour)) return false;
    else this.#addRecords({ hour, from, to });
    return true;
  }

  #addRecords({ hour, from, to }: PartialHour): void {
    for (const { record } of this.#ledger.walk.startedIn(hour)) {
      const entry = toKnownEntry(record);
      if (entry.created_at >= from && entry.created_at < to) this.#add([entry], hour);
    }
  }

  /** When the executions of an hour started, Unix ms, and how many they are. */
  #spanOf(hour: number): { first: number; last: number; executions: number } {
    const { rollups } = this.#ledger;
    const open = rollups.openHours().get(hour);
    const parts = rollups.table.read("hour", hour).plain;
    const lines = open ? open.plain.values() : unpackLines(parts);
    const executions = [...lines].reduce((sum, line) => sum + line.sums.executions, 0);
    const [part] = parts;
    const span = open ?? (part ? readPart(part) : { first: Infinity, last: -Infinity });
    return { first: span.first, last: span.last, executions };
  }

  #isInDatabase(hour: number): boolean {
    const { records, days } = this.#ledger;
    return records.idHoursOf(hour).every((each) => !days.isArchived(dayOfHour(each)));
  }

  #sumPacked({ days, hours }: Pick<UsagePlan, "days" | "hours">): SumColumns {
    const { group_by, limit, filter } = this.#query;
    const fold = new UsageFold(group_by, limit, filter);
    this.#addDays(fold, { from: Math.max(days.from, this.#firstDay), to: days.to });
    for (const span of hours) this.#addHours(fold, span);
    return fold.columns();
  }

  #addDays(fold: UsageFold, days: NumberSpan): void {
    const blocks = { from: Math.ceil(days.from / DAYS_OF_BLOCK), to: Math.floor(days.to / DAYS_OF_BLOCK) };
    if (this.#query.group_by.includes("day") || blocks.from >= blocks.to) {
      this.#addSomeDays(fold, days);
      return;
    }
    const { extracts } = this.#ledger.rollups;
    this.#addExtracts(fold, extracts.read("block", this.#columns, blocks));
    this.#addSomeDays(fold, { from: days.from, to: blocks.from * DAYS_OF_BLOCK });
    this.#addSomeDays(fold, { from: blocks.to * DAYS_OF_BLOCK, to: days.to });
  }

  #addSomeDays(fold: UsageFold, { from, to }: NumberSpan): void {
    if (from >= to) return;
    const blocks = { from: Math.floor(from / DAYS_OF_BLOCK), to: Math.floor((to - 1) / DAYS_OF_BLOCK) + 1 };
    const hours = { from: from * DAY_HOURS, to: to * DAY_HOURS };
    this.#addExtracts(fold, this.#ledger.rollups.extracts.read("days", this.#columns, blocks), hours);
  }

  #addHours(fold: UsageFold, { from, to }: NumberSpan): void {
    const { extracts, packedHour } = this.#ledger.rollups;
    const hours = { from, to: Math.min(to, packedHour) };
    const days = { from: Math.max(dayOfHour(from), this.#firstDay), to: dayOfHour(hours.to - 1) + 1 };
    this.#addExtracts(fold, extracts.read("hours", this.#columns, days), hours);
  }

  #addExtracts(fold: UsageFold, extracts: Iterable<SumColumns>, hours?: NumberSpan): void {
    for (const extract of extracts) {
      // The query is refused for too many groups: what is not read need not be made either.
      if (fold.isFull) return;
      fold.addExtract(extract, { columns: this.#columns, ...(hours && { hours }) });
    }
  }

  #add(lines: Iterable<RollupLine>, hour: number): void {
    for (const line of lines) this.fold.add(line, hour);
  }
}
