import { asked, type Breaker, checked, CLOSED, failed, passed, readyAt } from "./breaker.ts";
import { createRateWindow, type RateWindow } from "./rate-window.ts";
import { aimd } from "./scaling.ts";
import type { DueCheck, KeyLimits, Outcome, ParkedKey } from "../protocol/messages.ts";

/** A key that the provider refuses is left alone for so long, in ms, unless it is replaced before. */
export const PARK_MS = 600_000;
/** A key whose provider limits it without saying for how long rests for so long, in ms. */
export const COOL_MS = 1_000;
/** Weight of the newest measurement in a moving average. */
const EWMA = 0.2;

/** All that is known of one key. `ceiling` is the concurrency that it was found to bear. */
export interface KeyState {
  limits: KeyLimits;
  requests: RateWindow;
  tokens: RateWindow;
  in_flight: number;
  ceiling: number;
  cool_until: number;
  parked_until: number;
  parked_for: "credentials" | "quota" | null;
  ttft_ms: number | null;
  latency_ms: number | null;
  breakers: Map<string, Breaker>;
}

/** What of a key outlives the object: what was charged, and why it may not be used. */
export interface StoredKey {
  name: string;
  cool_until: number;
  parked_until: number;
  parked_for: KeyState["parked_for"];
  requests: [slot: number, amount: number][];
  tokens: [slot: number, amount: number][];
}

/** The keys of a tenant at a provider, with their limits and their health. */
export interface KeyPool {
  /** Takes over the keys as they are configured now; what is known of those that stay is kept. */
  configure(keys: readonly KeyLimits[], now: number): void;
  get(name: string): KeyState | undefined;
  all(): KeyState[];
  /** Keys that may be called for a model now, as far as their health goes. */
  healthy(model: string, now: number): KeyState[];
  /** Milliseconds until some key may be healthy for a model again: 0 now, Infinity where nothing but time's end is known. */
  healthyIn(model: string, now: number): number;
  /** Whether some key rests only because its provider limits it. */
  isLimited(now: number): boolean;
  /** Learns from how calls went. Gives the key where it changed what is stored of it. */
  learn(outcome: Outcome, now: number): KeyState | undefined;
  /** Somebody asks for a model: where its keys' breakers are open, they go on being checked. */
  asked(model: string, now: number): void;
  /** Since this was last asked: keys that were parked (one that stays parked is not among them again), and checks that are now awaited. */
  takeNews(): { parked: ParkedKey[]; checks: DueCheck[] };
}

/** A pool; keys that were stored are recognised by their names when they are configured. `inFlightOf` counts what is still out under old leases. */
export function createKeyPool(inFlightOf: (name: string) => number, stored: readonly StoredKey[] = []): KeyPool {
  const restored = new Map(stored.map((key) => [key.name, key]));
  // Keys that are gone are kept: what was used of them still counts when they come back.
  const known = new Map<string, KeyState>();
  let keys: KeyState[] = [];
  let configured = "";
  let news: { parked: ParkedKey[]; checks: DueCheck[] } = { parked: [], checks: [] };

  return {
    configure(wanted, now) {
      const form = JSON.stringify(wanted);
      if (form === configured) return;
      configured = form;
      keys = wanted.map((limits) => adopt(limits, now));
    },
    get: (name) => known.get(name),
    all: () => keys,
    healthy: (model, now) => keys.filter((key) => readyIn(key, model, now) === 0),
    healthyIn: (model, now) => Math.min(Infinity, ...keys.map((key) => readyIn(key, model, now))),
    isLimited: (now) => keys.some((key) => key.cool_until > now && key.parked_until <= now),
    learn(outcome, now) {
      const key = known.get(outcome.key);
      if (outcome.kind === "refused" && key && key.parked_until <= now) {
        news.parked.push({ name: outcome.key, status: outcome.status });
      }
      if (!key) return undefined;
      const { check_at: awaited } = breakerOf(key, outcome.model);
      const stored = learnFrom(key, outcome, now);
      const { check_at: due } = breakerOf(key, outcome.model);
      if (due !== null && due !== awaited) {
        news.checks.push({ key: outcome.key, model: outcome.model, due_at: due, in_ms: due - now });
      }
      return stored ? key : undefined;
    },
    asked(model, now) {
      for (const { breakers } of keys) {
        const breaker = breakers.get(model);
        if (breaker) breakers.set(model, asked(breaker, now));
      }
    },
    takeNews() {
      const taken = news;
      news = { parked: [], checks: [] };
      return taken;
    },
  };

  function adopt(limits: KeyLimits, now: number): KeyState {
    const key = known.get(limits.name);
    if (key === undefined) {
      const fresh = newKey(limits, restored.get(limits.name), inFlightOf(limits.name), now);
      known.set(limits.name, fresh);
      return fresh;
    }
    key.requests.setLimit(limits.rpm ?? Infinity);
    key.tokens.setLimit(limits.tpm ?? Infinity);
    // A key that was replaced gets another chance.
    const replaced = key.limits.version !== limits.version;
    return Object.assign(key, { limits }, replaced ? { parked_until: 0, parked_for: null } : {});
  }
}

function newKey(limits: KeyLimits, stored: StoredKey | undefined, inFlight: number, now: number): KeyState {
  return {
    limits,
    requests: createRateWindow(limits.rpm ?? Infinity, now, stored?.requests),
    tokens: createRateWindow(limits.tpm ?? Infinity, now, stored?.tokens),
    in_flight: inFlight,
    ceiling: Infinity,
    cool_until: stored?.cool_until ?? 0,
    parked_until: stored?.parked_until ?? 0,
    parked_for: stored?.parked_for ?? null,
    ttft_ms: null,
    latency_ms: null,
    breakers: new Map(),
  };
}

/** Calls at a time that a key takes: by its stated concurrency and by what it was found to bear. */
export function concurrencyOf({ limits, ceiling }: KeyState): number {
  return Math.min(limits.max_concurrency ?? Infinity, ceiling);
}

/** Calls that a key may take on beside those in flight. */
export function slotsFree(key: KeyState): number {
  return Math.max(0, Math.floor(concurrencyOf(key)) - key.in_flight);
}

/** The part of a minute's limit that is used, of that which is tighter; 0 where there is none. */
export function minuteUsed({ requests, tokens }: KeyState, now: number): number {
  return Math.max(requests.used(now) / requests.limit(), tokens.used(now) / tokens.limit());
}

/** Whether a key has no limit at all, neither stated nor learned. */
export function isOpen(key: KeyState): boolean {
  return Math.min(key.requests.limit(), key.tokens.limit(), concurrencyOf(key)) === Infinity;
}

/** The breaker of a key for a model. */
export function breakerOf(key: KeyState, model: string): Breaker {
  return key.breakers.get(model) ?? CLOSED;
}

/** Forgets nothing but what a key needs no more: its state as it is stored. */
export function toStored(key: KeyState): StoredKey {
  const { cool_until, parked_until, parked_for } = key;
  const charges = (window: RateWindow) => (window.limit() === Infinity ? [] : [...window.charges()]);
  return {
    name: key.limits.name,
    cool_until,
    parked_until,
    parked_for,
    requests: charges(key.requests),
    tokens: charges(key.tokens),
  };
}

function readyIn(key: KeyState, model: string, now: number): number {
  return Math.max(0, key.cool_until - now, key.parked_until - now, readyAt(breakerOf(key, model)) - now);
}

/** Gives whether what is stored of the key changed. */
function learnFrom(key: KeyState, outcome: Outcome, now: number): boolean {
  const { kind } = outcome;
  if (kind === "refused") {
    Object.assign(key, { parked_until: now + PARK_MS, parked_for: outcome.status });
    return true;
  }
  if (kind === "limited" || kind === "overloaded") key.ceiling = aimd(key.ceiling, "complaint", key.in_flight);
  if (kind === "limited") {
    key.cool_until = Math.max(key.cool_until, now + (outcome.retry_after_ms ?? COOL_MS));
    // Until it first refused, a key without stated limits ran free; from now on what the provider says holds.
    if (outcome.rpm) key.requests.setLimit(Math.min(key.requests.limit(), outcome.rpm));
    if (outcome.tpm) key.tokens.setLimit(Math.min(key.tokens.limit(), outcome.tpm));
    return true;
  }
  key.breakers.set(outcome.model, nextBreaker(breakerOf(key, outcome.model), outcome, now));
  if (kind === "passed") {
    key.ttft_ms = average(key.ttft_ms, outcome.ttft_ms);
    key.latency_ms = average(key.latency_ms, outcome.latency_ms);
    key.ceiling = aimd(key.ceiling, "pass", key.in_flight, outcome.calls);
  }
  return false;
}

function nextBreaker(breaker: Breaker, outcome: Outcome, now: number): Breaker {
  if (outcome.kind === "checked") return checked(breaker, outcome, now);
  return outcome.kind === "passed" ? passed(breaker) : failed(breaker, now);
}

function average(known: number | null, next: number): number {
  return known === null ? next : known + EWMA * (next - known);
}
