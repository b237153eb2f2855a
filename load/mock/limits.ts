import { isObject, isWhole } from "./json.ts";
import { ProfileError } from "./profile.ts";
import { SlidingWindow, WINDOW_MS } from "./sliding-window.ts";

/** The limits of an API key: requests and tokens in any 60 s, calls at a time. Absent: no limit. */
export interface KeyLimits {
  rpm?: number;
  tpm?: number;
  concurrency?: number;
}

/** Limits by API key; `default` applies to all other keys. */
export interface LimitSettings {
  keys?: Record<string, KeyLimits>;
  default?: KeyLimits;
}

/** One limit as the rate limit headers show it. */
export interface Allowance {
  limit: number;
  remaining: number;
  /** Milliseconds until the whole limit is free again. */
  resetMs: number;
}

/** The rate limits of a key after a call was admitted or refused. */
export interface Quota {
  requests: Allowance;
  tokens: Allowance;
}

/** The decision on a call. */
export interface Admission {
  /** The exceeded limit; null where the call is admitted. */
  over: "requests" | "tokens" | "concurrency" | null;
  retryAfterMs: number;
  quota: Quota;
  /** Frees the slot of an admitted call. Further calls have no effect. */
  release: () => void;
}

/** The headers of keys without limits. */
const NOMINAL: Quota = {
  requests: { limit: 10_000, remaining: 9_999, resetMs: 6 },
  tokens: { limit: 2_000_000, remaining: 1_999_000, resetMs: 30 },
};
/** The suggested wait while all slots are in use. */
const BUSY_RETRY_MS = 1_000;

/** Validates the body of the control route. Throws ProfileError. */
export function parseLimitSettings(value: unknown): LimitSettings {
  if (!isObject(value)) throw new ProfileError("expected {keys: {<key>: {rpm?, tpm?, concurrency?}}, default?}");
  const keys = value["keys"] ?? {};
  if (!isObject(keys)) throw new ProfileError('"keys" must map an API key to its limits');
  return {
    keys: Object.fromEntries(Object.entries(keys).map(([key, limits]) => [key, parseKeyLimits(limits)])),
    default: value["default"] === undefined ? undefined : parseKeyLimits(value["default"]),
  };
}

function parseKeyLimits(value: unknown): KeyLimits {
  if (!isObject(value)) throw new ProfileError("limits must be {rpm?, tpm?, concurrency?}");
  for (const [name, limit] of Object.entries(value)) {
    if (!["rpm", "tpm", "concurrency"].includes(name)) throw new ProfileError(`unknown limit "${name}"`);
    if (!isWhole(limit, 0)) throw new ProfileError(`"${name}" must be a whole number from 0`);
  }
  return value satisfies KeyLimits;
}

interface KeyState {
  requests: SlidingWindow;
  tokens: SlidingWindow;
  inFlight: number;
}

/**
 * Enforces limits strictly: in no 60 seconds does it admit more requests or tokens than allowed. A
 * refused call consumes nothing. A call consumes the tokens of its prompt and its answer when it
 * begins.
 */
export class Limiter {
  readonly #clock: () => number;
  #settings: LimitSettings = {};
  #states = new Map<string, KeyState>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Replaces all limits. Earlier use still counts. */
  configure(settings: LimitSettings): void {
    this.#settings = settings;
  }

  /** The current limits. */
  current(): LimitSettings {
    return this.#settings;
  }

  /** Removes the limits and all recorded use. */
  reset(): void {
    this.#settings = {};
    this.#states = new Map();
  }

  /** Admits or refuses a call. The caller must release every admitted call. */
  admit(key: string, tokens: number): Admission {
    const limits = this.#limitsOf(key);
    if (limits === undefined) return { over: null, retryAfterMs: 0, quota: NOMINAL, release: nothing };
    const now = this.#clock();
    const state = this.#stateOf(key);
    const verdict = judge(limits, state, tokens, now);
    if (verdict.over !== null) return { ...verdict, quota: quotaOf(limits, state, now), release: nothing };
    state.inFlight++;
    state.requests.add(now, 1);
    state.tokens.add(now, tokens);
    return { ...verdict, quota: quotaOf(limits, state, now), release: releaseOnce(state) };
  }

  #limitsOf(key: string): KeyLimits | undefined {
    const { keys, default: others } = this.#settings;
    return keys !== undefined && Object.hasOwn(keys, key) ? keys[key] : others;
  }

  #stateOf(key: string): KeyState {
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { requests: new SlidingWindow(), tokens: new SlidingWindow(), inFlight: 0 };
      this.#states.set(key, state);
    }
    return state;
  }
}

function nothing(): void {}

function releaseOnce(state: KeyState): () => void {
  let held = true;
  return () => {
    if (held) state.inFlight--;
    held = false;
  };
}

function judge(
  limits: KeyLimits,
  state: KeyState,
  tokens: number,
  now: number,
): Pick<Admission, "over" | "retryAfterMs"> {
  const forRequests = state.requests.waitFor(1, limits.rpm ?? Infinity, now);
  if (forRequests > 0) return { over: "requests", retryAfterMs: forRequests };
  const forTokens = state.tokens.waitFor(tokens, limits.tpm ?? Infinity, now);
  if (forTokens > 0) return { over: "tokens", retryAfterMs: forTokens };
  if (state.inFlight >= (limits.concurrency ?? Infinity)) return { over: "concurrency", retryAfterMs: BUSY_RETRY_MS };
  return { over: null, retryAfterMs: 0 };
}

function quotaOf(limits: KeyLimits, state: KeyState, now: number): Quota {
  return {
    requests: limits.rpm === undefined ? NOMINAL.requests : allowance(limits.rpm, state.requests, now),
    tokens: limits.tpm === undefined ? NOMINAL.tokens : allowance(limits.tpm, state.tokens, now),
  };
}

function allowance(limit: number, window: SlidingWindow, now: number): Allowance {
  const remaining = Math.max(0, limit - window.used(now));
  return { limit, remaining, resetMs: Math.min(WINDOW_MS, window.emptyIn(now)) };
}
