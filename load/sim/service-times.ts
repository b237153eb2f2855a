/** A time, ms, with where it comes from. `cited`, `recorded` here before, or `assumed`. */
export interface SourcedTime {
  ms: number;
  kind: "cited" | "recorded" | "assumed";
  source: string;
}

const DOCS = "developers.cloudflare.com";

/**
 * The times of the platform. What an object does with a request takes it for that time alone, as
 * objects have one thread; the confirmation of a write holds the reply back and nothing else.
 */
export const TIMES = {
  /** A request that an object answers out of its memory. */
  object_request: {
    ms: 1,
    kind: "cited",
    source: `1,000 requests/s: ${DOCS}/durable-objects/platform/limits/ (soft limit of one object)`,
  },
  /** What a request takes that writes, beside that. */
  object_write: {
    ms: 1.86,
    kind: "cited",
    source: `200 to 500 requests/s that write, here 350: ${DOCS}/durable-objects/best-practices/rules-of-durable-objects/`,
  },
  /** Until a write is confirmed by the object's followers; its reply leaves then. */
  object_confirm: { ms: 5, kind: "assumed", source: "as in npm run bill: followers are in other data centres nearby" },
  /** A new life of an object: its code and its rows are read. */
  object_start: { ms: 50, kind: "assumed", source: "an isolate's start and a read of its rows" },
  /** A query of D1: a point read by its primary key, of one thread per database. */
  d1_query: { ms: 1, kind: "cited", source: `1,000 queries/s of 1 ms: ${DOCS}/d1/platform/limits/` },
  /** Until a replica of D1 takes over a write, beside the way: exponential with this mean. */
  d1_replication: {
    ms: 50,
    kind: "assumed",
    source: "beside the way; every 30 s a replica stands still for up to 3 s",
  },
  /** A KV read that its data centre has. */
  kv_read: { ms: 10, kind: "assumed", source: "as in npm run bill" },
  /** Until another place sees a write to KV. */
  kv_propagation: { ms: 60_000, kind: "cited", source: `up to 60 s: ${DOCS}/kv/concepts/how-kv-works/` },
  cache_read: { ms: 2, kind: "assumed", source: "a disk of the same data centre" },
  /** The start of an isolate before its first request. */
  isolate_start: { ms: 150, kind: "recorded", source: "half of 300 ms of CPU on two cores, ADR 0030" },
  /** CPU of an execution: how long it keeps its isolate's thread. */
  isolate_cpu: { ms: 2, kind: "assumed", source: "as in npm run bill" },
  /** What a provider needs for an answer: a lognormal time with this median, or always this. */
  provider_answer: {
    ms: 1_200,
    kind: "assumed",
    source: "median of a lognormal time, sigma 0.5; npm run bill has 1.5 s",
  },
} as const satisfies Record<string, SourcedTime>;

/** The times of a world, ms. */
export type Times = Record<keyof typeof TIMES, number> & { provider_sigma: number };

/** The sigma of the provider's lognormal time. Assumed. */
const PROVIDER_SIGMA = 0.5;

/** The times of the deployed platform, ms. */
export function platformTimes(): Times {
  const ms = Object.fromEntries(Object.entries(TIMES).map(([name, time]) => [name, time.ms]));
  return { ...ms, provider_sigma: PROVIDER_SIGMA } as Times;
}

/** The mean of the provider's time, ms. */
export function meanAnswerMs({ provider_answer, provider_sigma }: Times): number {
  return provider_answer * Math.exp(provider_sigma ** 2 / 2);
}

/** A replica stands still for up to `longest_ms` about every `every_ms`. Assumed. */
export const REPLICA_HITCH = { every_ms: 30_000, longest_ms: 3_000 };
/** How long a replica waits for a state before it passes a call on to its primary, ms. Assumed. */
export const REPLICA_WAIT_MS = 1_000;
/** An object that would make a request wait longer refuses it: `.overloaded`, ms. Assumed. */
export const LONGEST_QUEUE_MS = 5_000;
/** An isolate without requests is evicted after this time, ms. Assumed. */
export const ISOLATE_IDLE_MS = 60_000;
/** At a deploy an old isolate may end its requests within this time, ms (architecture.md). */
export const DEPLOY_GRACE_MS = 30_000;
/** Until the network sends a lost data centre's users to another one, ms. Assumed. */
export const REROUTE_MS = 10_000;
/** How long objects of a lost data centre are away, ms. Assumed. */
export const FAILOVER_MS = 5_000;
