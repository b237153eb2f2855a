import { admits } from "./breaker.ts";
import { breakerOf, concurrencyOf, type KeyState, minuteUsed, slotsFree } from "./key-state.ts";
import { WINDOW_MS } from "./rate-window.ts";
import type { AcquireRequest } from "../protocol/messages.ts";

/** What one key can give to a request now. */
export interface KeyCapacity {
  requests: number;
  slots: number;
  tokens: number;
  probe: boolean;
  /** Why it is nothing; null where it is something. */
  blocked_by: "rate" | "slots" | null;
}

/** What a request wants of one key. */
export type KeyDemand = Pick<AcquireRequest, "requests" | "slots" | "first_tokens" | "mean_tokens" | "model">;

/**
 * What `key` can give now: at most what is wanted, and no more calls than can start within the
 * lease's life.
 */
export function capacityOf(key: KeyState, wanted: KeyDemand, lifeMs: number, now: number): KeyCapacity {
  const slots = Math.min(wanted.slots, slotsFree(key));
  if (slots < 1) return nothing("slots");
  const tokenRoom = key.tokens.room(wanted.first_tokens, now);
  const requestRoom = Math.floor(key.requests.room(1, now));
  if (requestRoom < 1 || tokenRoom < wanted.first_tokens) return nothing("rate");
  if (admits(breakerOf(key, wanted.model), now) === "probe") {
    return { requests: 1, slots: 1, tokens: wanted.first_tokens, probe: true, blocked_by: null };
  }
  const callsPerSlot = Math.max(1, Math.floor(lifeMs / Math.max(1, key.latency_ms ?? lifeMs)));
  const byTokens = 1 + Math.floor((tokenRoom - wanted.first_tokens) / Math.max(1, wanted.mean_tokens));
  const requests = Math.max(1, Math.min(wanted.requests, requestRoom, byTokens, slots * callsPerSlot));
  const tokens = wanted.first_tokens + (requests - 1) * wanted.mean_tokens;
  return { requests, slots: Math.min(slots, requests), tokens: Math.ceil(tokens), probe: false, blocked_by: null };
}

function nothing(blocked_by: "rate" | "slots"): KeyCapacity {
  return { requests: 0, slots: 0, tokens: 0, probe: false, blocked_by };
}

/** The used part of a key's tightest limit, from 0; 0 where it has no limit. */
export function shareUsed(key: KeyState, now: number): number {
  return Math.max(minuteUsed(key, now), key.in_flight / concurrencyOf(key));
}

/** The concurrency of all keys together. */
export function concurrencyOfAll(keys: readonly KeyState[]): number {
  return keys.reduce((sum, key) => sum + concurrencyOf(key), 0);
}

/**
 * Calls a millisecond that the keys can serve together, by their limits, the latency of calls and
 * the `concurrency` of all keys; Infinity where no limit is known.
 */
export function servedPerMs(keys: readonly KeyState[], meanTokens: number, concurrency: number): number {
  let sum = 0;
  for (const key of keys) {
    const byRate = Math.min(key.requests.limit, key.tokens.limit / Math.max(1, meanTokens)) / WINDOW_MS;
    sum += Math.min(byRate, key.latency_ms === null ? Infinity : concurrencyOf(key) / Math.max(1, key.latency_ms));
  }
  const latencies = keys.flatMap(({ latency_ms }) => latency_ms ?? []);
  const mean = latencies.reduce((total, ms) => total + ms, 0) / latencies.length;
  return latencies.length === 0 ? sum : Math.min(sum, concurrency / Math.max(1, mean));
}

/** Milliseconds until the rates of some key leave room for a first call. */
export function roomIn(keys: readonly KeyState[], firstTokens: number, now: number): number {
  const waits = keys.map((key) => Math.max(key.requests.waitFor(1, now), key.tokens.waitFor(firstTokens, now)));
  return Math.min(WINDOW_MS, ...waits);
}
