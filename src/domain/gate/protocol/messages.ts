import type { Lane } from "../../lane.ts";

/** What calls are for; each kind has calls at a time of its own. */
export const PURPOSES = ["execution", "test"] as const;
/** One of {@link PURPOSES}. */
export type Purpose = (typeof PURPOSES)[number];

/** A provider key as the gate knows it: by name, never by its secret. Requests and tokens a minute, calls at a time; null is none stated. */
export interface KeyLimits {
  name: string;
  /** Another one means that the secret was replaced. */
  version: number;
  weight: number;
  rpm: number | null;
  tpm: number | null;
  max_concurrency: number | null;
}

/**
 * A block of permits that the gate hands to a Worker. The holder may start `requests` calls (null: any number) with `tokens` among
 * them (null: any number), `slots` of them at a time, until `life_ms` after the grant. `probe` tries a key that was failing.
 */
export interface Lease {
  id: string;
  key: string;
  model: string;
  lane: Lane;
  requests: number | null;
  tokens: number | null;
  slots: number;
  life_ms: number;
  /** Longest from a call's sending until the provider counts it. */
  transit_ms: number;
  probe: boolean;
  /** Calls at a time are short, the key's or all, or this is a probe: others may wait for what becomes of it. */
  scarce: boolean;
}

/** What became of a lease so far. All counts are totals since the grant, so a report that comes twice or late does no harm. */
export interface LeaseReport {
  lease: string;
  /** Calls that were sent and are over, the tokens reserved for them, and those they really took. */
  ended: number;
  reserved: number;
  spent: number;
  /** Permits that will not be used. */
  requests_back: number;
  tokens_back: number;
  slots_back: number;
  /** How long ago the provider had counted the last of them at the latest, in ms of the holder's clock. */
  used_ago_ms: number;
}

/** How calls to a key, or a check of it, went. Only `passed` is ever more than one call. */
export type Outcome =
  | { kind: "passed"; key: string; model: string; calls: number; latency_ms: number; ttft_ms: number }
  | { kind: "failed"; key: string; model: string }
  | { kind: "overloaded"; key: string; model: string; retry_after_ms: number | undefined }
  | { kind: "limited"; key: string; model: string; retry_after_ms: number | undefined; rpm?: number; tpm?: number }
  | { kind: "refused"; key: string; model: string; status: "credentials" | "quota" }
  /** Of a {@link DueCheck}. */
  | { kind: "checked"; key: string; model: string; due_at: number; passed: boolean };

/**
 * A look at whether a key's provider is up for a model again, to be made in `in_ms`; `due_at` (epoch ms of the gate) is its name. It only reads what the
 * model is, which providers count against no limit of requests or tokens.
 */
export interface DueCheck {
  key: string;
  model: string;
  due_at: number;
  in_ms: number;
}

/** A key that its provider refused, and why. */
export interface ParkedKey {
  name: string;
  status: "credentials" | "quota";
}

/** What a Worker tells with every call to the gate. */
export interface Told {
  reports: LeaseReport[];
  outcomes: Outcome[];
}

/** A lease that its holder would keep beyond its life, because its calls go on; with further calls to be started, and tokens for them. */
export interface Renewal {
  lease: string;
  requests: number;
  tokens: number;
}

/** A lease that lives on for `life_ms` more, with so many further requests and tokens; `leave` of its slots are not to be used again once they are free. */
export interface Renewed {
  lease: string;
  life_ms: number;
  leave: number;
  requests: number;
  tokens: number;
}

/** What a Worker tells where it asks for nothing but to keep what it has. */
export interface Settlement extends Told {
  holder: string;
  keys: KeyLimits[];
  /** Callers that wait there, for whatever model. */
  waiting: number;
  renewals: Renewal[];
}

/** A Worker's wish for permits for one model in one lane. */
export interface AcquireRequest extends Told {
  /** Who asks: one Worker's holder of leases for one purpose, by an id of its own. */
  holder: string;
  purpose: Purpose;
  model: string;
  lane: Lane;
  keys: KeyLimits[];
  /** Keys that the callers have just failed with, in order. */
  avoid: string[];
  /** Callers that wait for this already. */
  waiting: number;
  /** Calls to be started soon, those waiting included; calls at a time. */
  requests: number;
  slots: number;
  /** Tokens that the first caller needs, and what one needs on average. */
  first_tokens: number;
  mean_tokens: number;
  /** How long the first caller has waited and would go on waiting; a patience of 0 asks for what there is at this moment. */
  waited_ms: number;
  patience_ms: number;
  /** How long the last of them would. */
  stay_ms: number;
  /** Longest that a call may last. */
  hold_ms: number;
}

/** Why a wish was not granted: the limits are used up, or no key is fit to be called. */
export interface Refusal {
  reason: "limited" | "unavailable";
  /** Of the waiting callers, so many are to be turned away now, the newest first. */
  callers: number;
}

/**
 * The gate's answer. `held_ms` is how long it kept the wish before it decided. Without leases and refusal it means: ask again, with those who came since.
 * `wait_ms` is how long one who comes now would wait, as far as can be known.
 */
export interface AcquireReply {
  leases: Lease[];
  refusal: Refusal | null;
  held_ms: number;
  wait_ms: number;
}
