import { LANE_RULES } from "../gate/lanes.ts";

/**
 * What the platform allows an invocation of a queue consumer, and what is kept free of it for items
 * that have begun. Source: Workers limits ("Duration") and D1 limits ("Queries per invocation").
 */
const PLATFORM = { time_ms: 15 * 60_000, queries: 1_000 };
const LONGEST_CALL_MS = LANE_RULES.batch.timeout_ms;
const TIME_MARGIN_MS = 2 * 60_000;
/**
 * The D1 statements that are kept for items that have begun: 240 to renew leases on four shards
 * every ten seconds of the longest call, 25 for the end of each of six items, and 10.
 */
const QUERIES_KEPT = 400;

/**
 * An invocation begins no item after this time, so that the last call ends within the platform's.
 */
export const LAST_START_MS = PLATFORM.time_ms - LONGEST_CALL_MS - TIME_MARGIN_MS;
/** An invocation begins no item after this many D1 statements. */
export const LAST_START_QUERIES = PLATFORM.queries - QUERIES_KEPT;
/**
 * A wake-up begins no item of its group after this time. The group then goes to the end of the
 * queue, so that a large batch does not keep others waiting.
 */
export const TURN_MS = 5_000;
