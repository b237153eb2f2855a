import { toKnownEntry } from "../../domain/ledger/entry.ts";
import type { UsageQuery, UsageSummary } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, dayOfHour, HOUR_MS } from "../../domain/ledger/periods.ts";
import { readPart, type RollupKind, type RollupLine, unpackLines } from "../../domain/ledger/rollup.ts";
import { UsageFold } from "../../domain/ledger/usage-fold.ts";
import { type NumberSpan, type PartialHour, planUsage } from "../../domain/ledger/usage-plan.ts";
import type { RollupUnit } from "./rollup-table.ts";
import type { SearchedLedger } from "./search-ids.ts";

/** The most executions of an hour whose records are read because only a part of it is asked for. */
const MAX_SCANNED = 20_000;

/** Sums usage from the rollups, and from records for parts of an hour. */
export function sumUsage(ledger: SearchedLedger, query: UsageQuery): Omit<UsageSummary, "rows_read"> {
  const { packedDay } = ledger.rollups;
  const byHour = query.group_by.includes("hour");
  const plan = planUsage({ ...query, byHour }, { packedDay, oldestHour: ledger.oldestHour });
  const summing = new UsageSum(ledger, query);
  summing.addPacked("day", plan.days);
  for (const hours of plan.hours) summing.addHours(hours);
  let { from, to } = plan;
  for (const part of plan.parts) {
    if (summing.addPart(part)) continue;
    const end = (part.hour + 1) * HOUR_MS;
    summing.addHours({ from: part.hour, to: part.hour + 1 });
    from = part.from === from ? part.hour * HOUR_MS : from;
    to = part.to === to ? end : to;
  }
  return { rows: summing.fold.rows(), from, to };
}

class UsageSum {
  readonly fold: UsageFold;
  readonly #ledger: SearchedLedger;
  readonly #kind: RollupKind;

  constructor(ledger: SearchedLedger, { group_by, limit }: UsageQuery) {
    this.#ledger = ledger;
    this.#kind = group_by.includes("user") ? "users" : "plain";
    this.fold = new UsageFold(group_by, limit);
  }

  addHours(hours: NumberSpan): void {
    this.addPacked("hour", hours);
    for (const [hour, rollup] of this.#ledger.rollups.openHours()) {
      if (hour >= hours.from && hour < hours.to) this.#add(rollup[this.#kind].values(), hour);
    }
  }

  addPacked(unit: RollupUnit, span: NumberSpan): void {
    if (span.from >= span.to) return;
    const withUsers = new Set<number>();
    this.#addParts(unit, this.#kind, span, withUsers);
    // Without any user a period has the plain form only.
    if (this.#kind === "users") this.#addParts(unit, "plain", span, withUsers);
  }

  /** Adds a part of an hour. False if its records cannot be read within bounds. */
  addPart({ hour, from, to }: PartialHour): boolean {
    const { first, last, executions } = this.#spanOf(hour);
    if (to <= first || from > last) return true;
    if (from <= first && to > last) this.addHours({ from: hour, to: hour + 1 });
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
    return records.idHoursOf(hour).every((each) => days.stateOf(dayOfHour(each)) !== "archived");
  }

  /**
   * Adds parts of periods that were not added before. All of them may be too much for the memory.
   */
  #addParts(unit: RollupUnit, kind: RollupKind, span: NumberSpan, added: Set<number>): void {
    const before = new Set(added);
    for (const { start, body } of this.#ledger.rollups.table.each(unit, kind, span)) {
      if (this.fold.isFull) return;
      if (before.has(start)) continue;
      added.add(start);
      this.fold.addPart(readPart(body), unit === "day" ? start * DAY_HOURS : start);
    }
  }

  #add(lines: Iterable<RollupLine>, hour: number): void {
    for (const line of lines) this.fold.add(line, hour);
  }
}
