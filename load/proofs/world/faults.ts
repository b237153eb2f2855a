/** What can go wrong in a world. Each kind is switched on by itself. */
export const FAULTS = {
  crashes: "isolates die with all that they hold, and so do some invocations of the queues",
  stalls: "consumers of the queues and ticks stand still for longer than their leases, and go on",
  cancellations: "requests end in the middle, and 30 s after their client has left",
  evictions: "objects are evicted: gate, flights, idempotency keys, ledger",
  messages: "messages to objects are lost before or after their effect, or doubled",
  storage: "shards and objects of the ledger refuse, hang for 30 s, or fail after they wrote",
  queue: "queues refuse, delay, double and reorder messages, and lose wake-ups",
  provider: "the provider fails, limits, breaks off, hangs, and answers off the schema",
  deadlines: "some callers leave their execution little time",
  mixed: "callers ask the same with other models, lanes and patience",
} as const;

/** The name of a kind of fault. */
export type FaultName = keyof typeof FAULTS;

/** All kinds of faults. */
export const ALL_FAULTS = Object.keys(FAULTS) as FaultName[];

/** Parses a list of faults: names with commas, `all` or `none`. Throws for an unknown name. */
export function parseFaults(text: string): ReadonlySet<FaultName> {
  if (text === "all") return new Set(ALL_FAULTS);
  const names = text === "none" ? [] : text.split(",");
  return new Set(
    names.map((name) => {
      const known = ALL_FAULTS.find((fault) => fault === name);
      if (!known) throw new Error(`"${name}" is no fault: ${ALL_FAULTS.join(", ")}`);
      return known;
    }),
  );
}
