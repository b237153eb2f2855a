import { IdleMap } from "../../../lib/idle-map.ts";
import type { CallOutcome, KeyLimits } from "../protocol/messages.ts";
import { type Breaker, checked, CLOSED, cooled, failed, passed, readyAt } from "./breaker.ts";
import { aimd } from "./concurrency-ceiling.ts";
import { type LearnedLimits, learnLimits } from "./learned-limits.ts";
import type { RateWindow } from "./rate-window.ts";

/**
 * How long a key that its provider refused is not used, in ms, unless its secret is replaced
 * before.
 */
export const PARK_MS = 600_000;
/** How long a key rests whose provider limits it without naming a wait, in ms. */
export const COOL_MS = 1_000;
/** A ceiling is stored again once it has grown by this factor: to forget growth is safe. */
const WORTH_STORING = 1.25;
/** The weight of the newest measurement in a moving average. */
const EWMA = 0.2;
/** The models whose breakers a key keeps, and how long it keeps a closed one without a call, ms. */
const BREAKERS = { maxEntries: 100, most: 200, idleMs: 600_000 } as const;

/** All that the gate knows of one key. `ceiling` is the concurrency that the key proved to bear. */
export interface KeyState {
  limits: KeyLimits;
  learned: LearnedLimits;
  requests: RateWindow;
  tokens: RateWindow;
  in_flight: number;
  ceiling: number;
  /** The ceiling when it was last to be stored. */
  stored_ceiling: number;
  /** It has just got its first limit, so that its charges have to be stored from now on. */
  newly_limited: boolean;
  cool_until: number;
  parked_until: number;
  parked_for: "credentials" | "quota" | null;
  ttft_ms: number | null;
  latency_ms: number | null;
  /** By model. A model without a breaker has a closed one. */
  breakers: IdleMap<Breaker>;
}

/** A bounded map of breakers by model. */
export function newBreakers(): IdleMap<Breaker> {
  return new IdleMap({ ...BREAKERS, isIdle: ({ state }) => state === "closed" });
}

/**
 * The concurrency of a key: the smaller of what the tenant stated and what the key proved to bear.
 */
export function concurrencyOf({ limits, ceiling }: KeyState): number {
  return Math.min(limits.max_concurrency ?? Infinity, ceiling);
}

/** Calls that a key can take beside those in flight. */
export function slotsFree(key: KeyState): number {
  return Math.max(0, Math.floor(concurrencyOf(key)) - key.in_flight);
}

/** The used part of the tighter of a key's limits a minute; 0 where it has none. */
export function minuteUsed({ requests, tokens }: KeyState, now: number): number {
  return Math.max(requests.used(now) / requests.limit, tokens.used(now) / tokens.limit);
}

/** Whether a key has no limit at all, neither stated nor learned. */
export function isOpen(key: KeyState): boolean {
  return Math.min(key.requests.limit, key.tokens.limit, concurrencyOf(key)) === Infinity;
}

/** The breaker of a key for a model. */
export function breakerOf(key: KeyState, model: string): Breaker {
  return key.breakers.peek(model) ?? CLOSED;
}

/** Milliseconds until a key's health allows a call to a model; 0 where it does now. */
export function readyIn(key: KeyState, model: string, now: number): number {
  return Math.max(0, key.cool_until - now, key.parked_until - now, readyAt(breakerOf(key, model)) - now);
}

/** The smaller of the limits that the tenant stated and those that the provider told. */
export function minuteLimits({ limits, learned }: Pick<KeyState, "limits" | "learned">) {
  return {
    requests: Math.min(limits.rpm ?? Infinity, learned.rpm ?? Infinity),
    tokens: Math.min(limits.tpm ?? Infinity, learned.tpm ?? Infinity),
  };
}

/** Sets a key's limits a minute to what holds now. */
export function setLimits(key: KeyState): void {
  const { requests, tokens } = key;
  const next = minuteLimits(key);
  const isFirst = (window: RateWindow, limit: number) => window.limit === Infinity && limit < Infinity;
  key.newly_limited ||= isFirst(requests, next.requests) || isFirst(tokens, next.tokens);
  requests.setLimit(next.requests);
  tokens.setLimit(next.tokens);
}

/** Learns from an outcome. Returns whether the stored state of the key changed. */
export function learnFrom(key: KeyState, outcome: CallOutcome, now: number): boolean {
  const { kind } = outcome;
  if (kind === "refused") {
    Object.assign(key, { parked_until: now + PARK_MS, parked_for: outcome.status });
    return true;
  }
  if (kind === "limited" && outcome.of_model) {
    // Lost with the object: then the next call learns of the limit anew.
    const until = now + (outcome.retry_after_ms ?? COOL_MS);
    key.breakers.set(outcome.model, cooled(breakerOf(key, outcome.model), until), now);
    return false;
  }
  if (kind === "limited" || kind === "overloaded") {
    key.ceiling = key.stored_ceiling = aimd(key.ceiling, "complaint", key.in_flight);
  }
  if (kind === "limited") {
    key.cool_until = Math.max(key.cool_until, now + (outcome.retry_after_ms ?? COOL_MS));
    // A key without stated limits runs free until its first refusal; then the provider's limits
    // hold.
    key.learned = learnLimits(key.learned, outcome, now);
    setLimits(key);
    return true;
  }
  const before = breakerOf(key, outcome.model);
  const after = nextBreaker(before, outcome, now);
  key.breakers.set(outcome.model, after, now);
  if (kind === "passed") {
    key.ttft_ms = average(key.ttft_ms, outcome.ttft_ms);
    key.latency_ms = average(key.latency_ms, outcome.latency_ms);
    key.ceiling = aimd(key.ceiling, "pass", key.in_flight, outcome.calls);
  }
  const grew = key.ceiling > key.stored_ceiling * WORTH_STORING;
  if (grew) key.stored_ceiling = key.ceiling;
  const { state, count, check_at } = before;
  const isNews = after.state !== state || after.count !== count || after.check_at !== check_at;
  return grew || isNews || kind === "overloaded";
}

function nextBreaker(breaker: Breaker, outcome: CallOutcome, now: number): Breaker {
  if (outcome.kind === "checked") return checked(breaker, outcome, now);
  return outcome.kind === "passed" ? passed(breaker) : failed(breaker, now);
}

function average(known: number | null, next: number): number {
  return known === null ? next : known + EWMA * (next - known);
}
