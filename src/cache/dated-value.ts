/**
 * Who is asked for a record: the source alone, or a replica that is near; `present` leaves it to the
 * work under way.
 */
export type RecordSource = "nearby" | "primary" | "present";

/** A value, and as of when it was so, in Unix ms; undefined for now. */
export interface DatedValue<T> {
  value: T | undefined;
  asOf: number | undefined;
}

/**
 * Reads the source of records, or a replica of it where `from` allows one. What a replica lacks is
 * asked of the source.
 */
export type ReadDated = <T>(load: () => Promise<T | undefined>, from: RecordSource) => Promise<DatedValue<T>>;

/** A record that may not lag is read from its source alone, whatever the work under way allows. */
export function sourceOf({ mayLag, revalidate }: { mayLag: boolean; revalidate: boolean }): RecordSource {
  if (!mayLag) return "primary";
  return revalidate ? "present" : "nearby";
}
