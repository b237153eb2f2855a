import { fromRecord, toEntry } from "../../domain/ledger/entry.ts";
import type { UsageQuery, UsageSummary } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, dayOfHour, HOUR_MS } from "../../domain/ledger/periods.ts";
import { readPart, type RollupKind, type RollupLine, unpackLines } from "../../domain/ledger/rollup.ts";
import { UsageFold } from "../../domain/ledger/usage-fold.ts";
import { type NumberSpan, type PartialHour, planUsage } from "../../domain/ledger/usage-plan.ts";
import type { RollupPart, RollupUnit } from "./ledger-rollups.ts";
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
  return { rows: summing.fold.rows(query.limit), from, to };
}

class UsageSum {
  readonly fold: UsageFold;
  readonly #ledger: SearchedLedger;
  readonly #kind: RollupKind;

  constructor(ledger: SearchedLedger, { group_by }: UsageQuery) {
    this.#ledger = ledger;
    this.#kind = group_by.includes("user") ? "users" : "plain";
    this.fold = new UsageFold(group_by);
  }

  addHours(hours: NumberSpan): void {
    this.addPacked("hour", hours);
    for (const [hour, rollup] of this.#ledger.rollups.openHours()) {
      if (hour >= hours.from && hour < hours.to) this.#add(rollup[this.#kind].values(), hour);
    }
  }

  addPacked(unit: RollupUnit, span: NumberSpan): void {
    const { rollups } = this.#ledger;
    if (span.from >= span.to) return;
    const parts = rollups.parts(unit, this.#kind, span);
    const withUsers = new Set(parts.map(({ start }) => start));
    // Without any user a period has the plain form only.
    const plain = this.#kind === "plain" ? [] : rollups.parts(unit, "plain", span);
    for (const part of [...parts, ...plain.filter(({ start }) => !withUsers.has(start))]) this.#addPart(unit, part);
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
      const entry = toEntry(fromRecord(record));
      if (entry.created_at >= from && entry.created_at < to) this.#add([entry], hour);
    }
  }

  /** When the executions of an hour started, Unix ms, and how many they are. */
  #spanOf(hour: number): { first: number; last: number; executions: number } {
    const { rollups } = this.#ledger;
    const open = rollups.openHours().get(hour);
    const parts = rollups.parts("hour", "plain", { from: hour, to: hour + 1 });
    const lines = open ? open.plain.values() : unpackLines(parts.map(({ body }) => body));
    const executions = [...lines].reduce((sum, line) => sum + line.sums.executions, 0);
    const [part] = parts;
    const span = open ?? (part ? readPart(part.body) : { first: Infinity, last: -Infinity });
    return { first: span.first, last: span.last, executions };
  }

  #isInDatabase(hour: number): boolean {
    const { records, days } = this.#ledger;
    return records.idHoursOf(hour).every((each) => days.stateOf(dayOfHour(each)) !== "archived");
  }

  #addPart(unit: RollupUnit, { start, body }: RollupPart): void {
    this.fold.addPart(readPart(body), unit === "day" ? start * DAY_HOURS : start);
  }

  #add(lines: Iterable<RollupLine>, hour: number): void {
    for (const line of lines) this.fold.add(line, hour);
  }
}
