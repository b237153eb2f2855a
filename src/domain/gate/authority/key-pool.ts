import { asked, type Breaker, checked, CLOSED, failed, passed, readyAt } from "./breaker.ts";
import { aimd } from "./concurrency-ceiling.ts";
import { RateWindow } from "./rate-window.ts";
import type { CallOutcome, DueCheck, KeyLimits, ParkedKey } from "../protocol/messages.ts";

/**
 * How long a key that its provider refused is not used, in ms, unless its secret is replaced
 * before.
 */
export const PARK_MS = 600_000;
/** How long a key rests whose provider limits it without naming a wait, in ms. */
export const COOL_MS = 1_000;
/** The weight of the newest measurement in a moving average. */
const EWMA = 0.2;

/** All that the gate knows of one key. `ceiling` is the concurrency that the key proved to bear. */
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

/** What outlives the object of a key: its charges, and why it may not be used. */
export interface StoredKey {
  name: string;
  cool_until: number;
  parked_until: number;
  parked_for: KeyState["parked_for"];
  requests: [slot: number, amount: number][];
  tokens: [slot: number, amount: number][];
}

/** News of keys for the outside: those that were parked, and the checks to make. */
export interface KeyNews {
  parked: ParkedKey[];
  checks: DueCheck[];
}

/** The keys of a tenant at a provider, with their limits and their health. */
export class KeyPool {
  readonly #restored: Map<string, StoredKey>;
  readonly #inFlightOf: (name: string) => number;
  /** Keys that were removed stay here: what was used of them still counts if they come back. */
  readonly #known = new Map<string, KeyState>();
  #keys: KeyState[] = [];
  #configured = "";
  #news: KeyNews = { parked: [], checks: [] };

  /** Stored keys are found again by name; `inFlightOf` counts the slots of a key in old leases. */
  constructor(inFlightOf: (name: string) => number, stored: readonly StoredKey[] = []) {
    this.#inFlightOf = inFlightOf;
    this.#restored = new Map(stored.map((key) => [key.name, key]));
  }

  /** Takes the keys as they are configured now. Known keys keep their state. */
  configure(wanted: readonly KeyLimits[], now: number): void {
    const form = JSON.stringify(wanted);
    if (form === this.#configured) return;
    this.#configured = form;
    this.#keys = wanted.map((limits) => this.#adopt(limits, now));
  }

  get(name: string): KeyState | undefined {
    return this.#known.get(name);
  }

  all(): KeyState[] {
    return this.#keys;
  }

  /** Keys whose health allows calls to a model now. */
  healthy(model: string, now: number): KeyState[] {
    return this.#keys.filter((key) => readyIn(key, model, now) === 0);
  }

  /** Milliseconds until some key may be healthy for a model: 0 now, Infinity without keys. */
  healthyIn(model: string, now: number): number {
    return Math.min(Infinity, ...this.#keys.map((key) => readyIn(key, model, now)));
  }

  /** Whether some key rests only because its provider limits it. */
  isLimited(now: number): boolean {
    return this.#keys.some((key) => key.cool_until > now && key.parked_until <= now);
  }

  /** Learns from an outcome. Returns the key if its stored state changed. */
  learn(outcome: CallOutcome, now: number): KeyState | undefined {
    const key = this.#known.get(outcome.key);
    if (!key) return undefined;
    if (outcome.kind === "refused" && key.parked_until <= now) {
      this.#news.parked.push({ name: outcome.key, status: outcome.status });
    }
    const { check_at: awaited } = breakerOf(key, outcome.model);
    const storedChanged = learnFrom(key, outcome, now);
    const { check_at: due } = breakerOf(key, outcome.model);
    if (due !== null && due !== awaited) {
      this.#news.checks.push({ key: outcome.key, model: outcome.model, due_at: due, in_ms: due - now });
    }
    return storedChanged ? key : undefined;
  }

  /** Notes that a caller asks for a model, so that checks of its open breakers go on. */
  noteAsked(model: string, now: number): void {
    for (const { breakers } of this.#keys) {
      const breaker = breakers.get(model);
      if (breaker) breakers.set(model, asked(breaker, now));
    }
  }

  /** The news since the last call. A key that stays parked is in it once. */
  takeNews(): KeyNews {
    const taken = this.#news;
    this.#news = { parked: [], checks: [] };
    return taken;
  }

  #adopt(limits: KeyLimits, now: number): KeyState {
    const key = this.#known.get(limits.name);
    if (key === undefined) {
      const fresh = newKey(limits, this.#restored.get(limits.name), this.#inFlightOf(limits.name), now);
      this.#known.set(limits.name, fresh);
      return fresh;
    }
    key.requests.setLimit(limits.rpm ?? Infinity);
    key.tokens.setLimit(limits.tpm ?? Infinity);
    // A new secret is not the one that the provider refused.
    const replaced = key.limits.version !== limits.version;
    return Object.assign(key, { limits }, replaced ? { parked_until: 0, parked_for: null } : {});
  }
}

function newKey(limits: KeyLimits, stored: StoredKey | undefined, inFlight: number, now: number): KeyState {
  return {
    limits,
    requests: new RateWindow(limits.rpm ?? Infinity, now, stored?.requests),
    tokens: new RateWindow(limits.tpm ?? Infinity, now, stored?.tokens),
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
  return key.breakers.get(model) ?? CLOSED;
}

/** A key as it is stored. A limit that does not exist needs no charges. */
export function toStoredKey(key: KeyState): StoredKey {
  const { cool_until, parked_until, parked_for } = key;
  const charges = (window: RateWindow) => (window.limit === Infinity ? [] : [...window.charges()]);
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

/** Returns whether the stored state of the key changed. */
function learnFrom(key: KeyState, outcome: CallOutcome, now: number): boolean {
  const { kind } = outcome;
  if (kind === "refused") {
    Object.assign(key, { parked_until: now + PARK_MS, parked_for: outcome.status });
    return true;
  }
  if (kind === "limited" || kind === "overloaded") key.ceiling = aimd(key.ceiling, "complaint", key.in_flight);
  if (kind === "limited") {
    key.cool_until = Math.max(key.cool_until, now + (outcome.retry_after_ms ?? COOL_MS));
    // A key without stated limits runs free until its first refusal; then the provider's limits
    // hold.
    if (outcome.rpm) key.requests.setLimit(Math.min(key.requests.limit, outcome.rpm));
    if (outcome.tpm) key.tokens.setLimit(Math.min(key.tokens.limit, outcome.tpm));
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

function nextBreaker(breaker: Breaker, outcome: CallOutcome, now: number): Breaker {
  if (outcome.kind === "checked") return checked(breaker, outcome, now);
  return outcome.kind === "passed" ? passed(breaker) : failed(breaker, now);
}

function average(known: number | null, next: number): number {
  return known === null ? next : known + EWMA * (next - known);
}
