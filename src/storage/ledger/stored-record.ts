import { DAY_MS, HOUR_MS, idFloor } from "../../domain/ledger/periods.ts";

/** A record as it is stored. */
export interface StoredRecord {
  id: string;
  /** JSON, without a line break. */
  record: string;
}

/** Ids from `from` up to, and without, `to`. */
export interface IdSpan {
  from: string;
  to: string;
}

/** Records as text: a line for each one, with its id before it. */
export function toLines(records: Iterable<StoredRecord>): string {
  let text = "";
  for (const { id, record } of records) text += `${id} ${record}\n`;
  return text;
}

/** Reads what {@link toLines} wrote. */
export function* fromLines(text: string): Generator<StoredRecord> {
  for (let at = 0; at < text.length;) {
    const [space, end] = [text.indexOf(" ", at), text.indexOf("\n", at)];
    yield { id: text.slice(at, space), record: text.slice(space + 1, end) };
    at = end + 1;
  }
}

/** The ids that were made in an hour. */
export function idsOfHour(hour: number): IdSpan {
  return { from: idFloor(hour * HOUR_MS), to: idFloor((hour + 1) * HOUR_MS) };
}

/** The ids that were made on a day. */
export function idsOfDay(day: number): IdSpan {
  return { from: idFloor(day * DAY_MS), to: idFloor((day + 1) * DAY_MS) };
}
