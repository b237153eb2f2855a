import { seasonAt } from "./places.ts";

/** A load of the deployment, and how much of it is simulated. Times in simulated seconds. */
export interface ScalePlan {
  name: string;
  /** Times the source's load. */
  scale: number;
  /** Requests a second of all tenants together, before any is left out. */
  per_s: number;
  /** Users of all tenants together. */
  users: number;
  /** The hour of UTC, which decides where the load comes from. */
  hour: number;
  /** The share of the large tenant's isolates, requests and limits that is simulated. */
  part: number;
  /** How many of the small tenants are simulated, each with all that it asks. */
  small: number;
  /** Whether requests end once their records are read: for the databases' own figures. */
  only_records: boolean;
  /** D1 shards. */
  shards: number;
  /** The settings `REPLICA_MAX_LAG_MS`, 0 for no replicas, and `POINTER_FRESH_MS`. */
  max_lag_ms: number;
  pointer_fresh_ms: number;
  /** One request in so many publishes a version of a prompt. */
  publish_every: number;
  /** Whether isolates of a data centre share bookmarks through its cache. */
  shares_bookmarks: boolean;
  /** Whether the large tenant's gate has a branch in each place. */
  branches: boolean;
  /** The large tenant's limits, times what its calls need on average. */
  headroom: number;
  warm_s: number;
  seconds: number;
  /** What goes wrong while it is counted. */
  faults: readonly ScaleFault[];
  /** A data centre that is gone for a while, with its objects; null for none. */
  outage: Outage | null;
}

/** Times in seconds; `from_s` is after counting began. */
export interface Outage {
  /** The data centre of the large tenant's root objects, or the largest of the others. */
  lost: "root" | "branch";
  from_s: number;
  lasts_s: number;
}

/** A deploy of all isolates, evictions of objects at random, the loss of a data centre. */
export type ScaleFault = "deploy" | "evictions" | "place_lost";

/** The source's cloud load (scalability-analysis.md). */
export const SOURCE = { users: 10_000, per_s: 5_000, a_day: 10_000_000 };
/** Half of the load is one tenant's, as half of the users are. */
export const LARGE_SHARE = 0.5;
/** Isolates of all places together that have the source's load: each has 12.5 requests a second. */
export const ISOLATES = 400;
/** One request in so many publishes a version of a prompt. Assumed. */
const PUBLISH_EVERY = 500;
/** When most of Europe and of America is awake. */
const PEAK_HOUR = 16;
/** Small tenants that are simulated at every scale: they share nothing but the databases. */
const SMALL_TENANTS = 200;
/** The part of the large tenant that is simulated of the source's load. */
const MOST_PART = 0.25;
/** Up to this many times the source's load all records that are read are simulated. */
const MOST_RECORDS = 10;
/** The large tenant's limits, times what its calls need on average. */
const HEADROOM = 1.2;

/**
 * The load of the source's peak, times `scale`. `part` of the large tenant, if it is given; else a
 * quarter, a tenth or a hundredth of it at 1, 10 and 100 times.
 */
export function planScale(scale: number, part = Math.min(MOST_PART, 1 / scale)): ScalePlan {
  return {
    name: `${scale}×`,
    scale,
    per_s: scale * SOURCE.per_s,
    users: scale * SOURCE.users,
    hour: PEAK_HOUR,
    part,
    small: SMALL_TENANTS,
    only_records: false,
    shards: 4,
    max_lag_ms: 1_000,
    pointer_fresh_ms: 5_000,
    publish_every: PUBLISH_EVERY,
    shares_bookmarks: true,
    branches: false,
    headroom: HEADROOM,
    warm_s: 3,
    seconds: 4,
    faults: [],
    outage: null,
  };
}

/**
 * The records alone that a load reads: of all its tenants, or of a part of them above ten times the
 * source's load.
 */
export function planRecords(scale: number): ScalePlan {
  const part = Math.min(1, MOST_RECORDS / scale);
  const small = SOURCE.users * scale * (1 - LARGE_SHARE) * part;
  return { ...planScale(scale, part), only_records: true, small, warm_s: 1.5, seconds: 1.5 };
}

/**
 * A twentieth of the source's load for longer than a provider's window, while everything goes wrong.
 */
export function planFaults(): ScalePlan {
  const [per_s, users] = [SOURCE.per_s / 20, SOURCE.users / 20];
  const faults = ["deploy", "evictions", "place_lost"] as const;
  return { ...planScale(1, 1), name: "faults", per_s, users, small: 50, seconds: 65, faults };
}

/**
 * A fortieth of the source's load with branches, while a data centre is gone for some minutes: a
 * quarter of a minute before, and a minute after it. The large tenant has twice what it needs.
 */
export function planOutage(lost: Outage["lost"], minutes: number): ScalePlan {
  const [per_s, users] = [SOURCE.per_s / 40, SOURCE.users / 40];
  const outage = { lost, from_s: 15, lasts_s: 60 * minutes };
  const seconds = outage.from_s + outage.lasts_s + 60;
  const name = lost === "root" ? "the root's data centre" : "a branch's data centre";
  const base = { ...planScale(1, 1), name, per_s, users, small: 50, branches: true, headroom: 2 };
  return { ...base, warm_s: 5, seconds, outage };
}

/** The source's day, 10 million executions, at an hour: the season decides how many come then. */
export function planHour(hour: number): ScalePlan {
  const per_s = (SOURCE.a_day / 86_400) * seasonAt(hour);
  return { ...planScale(1, 1), name: `${hour}:00`, per_s, hour, warm_s: 40, seconds: 20 };
}
