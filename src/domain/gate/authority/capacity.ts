import { admits } from "./breaker.ts";
import { breakerOf, concurrencyOf, type KeyState, minuteUsed, slotsFree } from "./key-pool.ts";
import { WINDOW_MS } from "./rate-window.ts";
import type { AcquireRequest } from "../protocol/messages.ts";

/** What one key can give to a wish now. */
export interface Capacity {
  requests: number;
  slots: number;
  tokens: number;
  probe: boolean;
  /** What stands in the way where it is nothing. */
  blocked_by: "rate" | "slots" | null;
}

/** What a wish wants of one key. */
export type Want = Pick<AcquireRequest, "requests" | "slots" | "first_tokens" | "mean_tokens" | "model">;

/** What `key` can give now: a block no larger than wanted, all of whose calls can start within a lease's life. */
export function capacityOf(key: KeyState, want: Want, lifeMs: number, now: number): Capacity {
  const none = (blocked_by: "rate" | "slots"): Capacity => ({
    requests: 0,
    slots: 0,
    tokens: 0,
    probe: false,
    blocked_by,
  });
  const slots = Math.min(want.slots, slotsFree(key));
  if (slots < 1) return none("slots");
  const tokenRoom = key.tokens.room(want.first_tokens, now);
  const requestRoom = Math.floor(key.requests.room(1, now));
  if (requestRoom < 1 || tokenRoom < want.first_tokens) return none("rate");
  if (admits(breakerOf(key, want.model), now) === "probe") {
    return { requests: 1, slots: 1, tokens: want.first_tokens, probe: true, blocked_by: null };
  }
  const turns = Math.max(1, Math.floor(lifeMs / Math.max(1, key.latency_ms ?? lifeMs)));
  const byTokens = 1 + Math.floor((tokenRoom - want.first_tokens) / Math.max(1, want.mean_tokens));
  const requests = Math.max(1, Math.min(want.requests, requestRoom, byTokens, slots * turns));
  const tokens = want.first_tokens + (requests - 1) * want.mean_tokens;
  return { requests, slots: Math.min(slots, requests), tokens: Math.ceil(tokens), probe: false, blocked_by: null };
}

/** The part of its tightest limit that a key has used, from 0; 0 where it has none. */
export function shareUsed(key: KeyState, now: number): number {
  return Math.max(minuteUsed(key, now), key.in_flight / concurrencyOf(key));
}

/** Calls at a time that the keys take together. */
export function concurrencyOfAll(keys: readonly KeyState[]): number {
  return keys.reduce((sum, key) => sum + concurrencyOf(key), 0);
}

/**
 * Calls a millisecond that the keys can serve together, from their limits, how long calls take, and how many there may be at a time; Infinity where
 * nothing is known that limits them.
 */
export function servedPerMs(keys: readonly KeyState[], meanTokens: number, concurrency: number): number {
  let sum = 0;
  for (const key of keys) {
    const byRate = Math.min(key.requests.limit(), key.tokens.limit() / Math.max(1, meanTokens)) / WINDOW_MS;
    sum += Math.min(byRate, key.latency_ms === null ? Infinity : concurrencyOf(key) / Math.max(1, key.latency_ms));
  }
  const latencies = keys.flatMap(({ latency_ms }) => latency_ms ?? []);
  const mean = latencies.reduce((total, ms) => total + ms, 0) / latencies.length;
  return latencies.length === 0 ? sum : Math.min(sum, concurrency / Math.max(1, mean));
}

/** Milliseconds until one of the keys has room for a first call, as far as their rates say. */
export function roomIn(keys: readonly KeyState[], firstTokens: number, now: number): number {
  const waits = keys.map((key) => Math.max(key.requests.waitFor(1, now), key.tokens.waitFor(firstTokens, now)));
  return Math.min(WINDOW_MS, ...waits);
}
