import type { Lane } from "../../lane.ts";
import type { GateView } from "./gate-view.ts";

/** What calls are for. Each purpose has a concurrency limit of its own. */
export const PURPOSES = ["execution", "test"] as const;
/** One of {@link PURPOSES}. */
export type Purpose = (typeof PURPOSES)[number];

/**
 * The longest that the gate keeps an acquire request before it answers, in ms. It answers in time
 * even with nothing to lease, so that the Worker asks again and counts the callers that came since.
 */
export const LONGEST_ACQUIRE_MS = 10_000;

/** A tenant's gate to one provider, as a Worker calls it. */
export interface GateObject {
  /** Answers with leases, a refusal, or neither, after {@link LONGEST_ACQUIRE_MS} at the latest. */
  acquire(request: AcquireRequest): Promise<AcquireReply>;
  /** Takes reports and answers at once with the leases that it renews. */
  settle(settlement: Settlement): Promise<Renewed[]>;
  /** The gate now, for the keys as they are configured now. */
  view(keys: KeyLimits[]): Promise<GateView>;
}

/**
 * A branch of the gate, as isolates of its region call it. Its methods are not the gate's own: an
 * object of an earlier version knows nothing of branches, and would take one for a gate with limits
 * of its own. It has no such methods, and its callers ask the root.
 */
export interface GateBranchObject {
  branchAcquire(request: AcquireRequest): Promise<AcquireReply>;
  branchSettle(settlement: Settlement): Promise<Renewed[]>;
}

/** How the ids of leases begin that a branch lends. Those of the root begin with a hex digit. */
export const BRANCH_LEASE = "~";

/**
 * A provider key as the gate knows it: by name, never by its secret. `rpm` and `tpm` are requests
 * and tokens a minute; null where the tenant stated no limit.
 */
export interface KeyLimits {
  name: string;
  /**
   * Changes when the secret is replaced. Always 0 for the deployment's keys in messages of earlier
   * versions.
   */
  version: number;
  weight: number;
  rpm: number | null;
  tpm: number | null;
  max_concurrency: number | null;
  /**
   * When the sender's copy of all keys was read from their source, in epoch ms. The gate ignores
   * copies that are older than the newest it saw. Absent in messages of earlier versions.
   */
  configured_at?: number;
}

/**
 * A block of permits that the gate hands to a Worker. Until `life_ms` after the grant the holder
 * may start `requests` calls (null: any number) that reserve `tokens` together (null: any number),
 * with at most `slots` calls in flight. A `probe` is one call to a key that was failing.
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
  /** The longest time from the sending of a call until the provider counts it. */
  transit_ms: number;
  probe: boolean;
  /**
   * Others may wait for its permits: concurrency is short, the key's or the tenant's, or it is a
   * probe.
   */
  scarce: boolean;
  /** False for leases of a branch. Absent for others, and in messages of earlier versions. */
  renewable?: false;
}

/**
 * How a lease was used so far. All counts are totals since the grant, so repeats and reordering are
 * harmless.
 */
export interface LeaseReport {
  lease: string;
  /**
   * Calls that were sent and have ended, the tokens reserved for them, and the tokens that they
   * took.
   */
  ended: number;
  reserved: number;
  spent: number;
  /** Permits that the holder gives back unused. */
  requests_back: number;
  tokens_back: number;
  slots_back: number;
  /** The latest time by which the provider had counted the last call, in ms before now. */
  used_ago_ms: number;
}

/**
 * How calls with a key, or a check of it, went. Only `passed` stands for several calls. `version`
 * is that of the key's secret; absent in messages of earlier versions.
 */
export type CallOutcome = { version?: number } & (
  | { kind: "passed"; key: string; model: string; calls: number; latency_ms: number; ttft_ms: number }
  | { kind: "failed"; key: string; model: string }
  | { kind: "overloaded"; key: string; model: string; retry_after_ms: number | undefined }
  | {
      kind: "limited";
      key: string;
      model: string;
      retry_after_ms: number | undefined;
      rpm?: number;
      tpm?: number;
      /** The limit is the model's own. Absent in messages of earlier versions. */
      of_model?: true;
    }
  | { kind: "refused"; key: string; model: string; status: "credentials" | "quota" }
  /** The outcome of a {@link DueCheck}. */
  | { kind: "checked"; key: string; model: string; due_at: number; passed: boolean }
);

/**
 * A health check that the gate wants made in `in_ms`: whether the provider answers for a model
 * again. `due_at` (epoch ms of the gate) identifies it. A check only reads the model's description,
 * which providers do not count against limits.
 */
export interface DueCheck {
  key: string;
  model: string;
  due_at: number;
  in_ms: number;
}

/** A key that its provider refused, and the reason. */
export interface ParkedKey {
  name: string;
  status: "credentials" | "quota";
}

/** What a Worker reports with every message to the gate. */
export interface WorkerReport {
  reports: LeaseReport[];
  outcomes: CallOutcome[];
}

/** Asks to extend a lease whose calls go on, with further requests and tokens. */
export interface Renewal {
  lease: string;
  requests: number;
  tokens: number;
}

/**
 * A lease that lives for `life_ms` more, with further requests and tokens. The holder gives `leave`
 * of its slots back as soon as they are free.
 */
export interface Renewed {
  lease: string;
  life_ms: number;
  leave: number;
  requests: number;
  tokens: number;
}

/** Reports use and asks for renewals, where a Worker needs no new lease. */
export interface Settlement extends WorkerReport {
  holder: string;
  keys: KeyLimits[];
  /** Callers that wait at this Worker, for any model. */
  waiting: number;
  renewals: Renewal[];
}

/** Asks for permits for one model in one lane. */
export interface AcquireRequest extends WorkerReport {
  /** The id of the asking lease holder: one for each Worker and purpose. */
  holder: string;
  purpose: Purpose;
  model: string;
  lane: Lane;
  keys: KeyLimits[];
  /** Keys that just failed for these callers, in order. */
  avoid: string[];
  /** Callers that wait for this answer. */
  waiting: number;
  /**
   * Calls that start soon, those of waiting callers included, and the concurrency that they need.
   */
  requests: number;
  slots: number;
  /** Tokens that the first caller reserves, and the mean over callers. */
  first_tokens: number;
  mean_tokens: number;
  /**
   * How long the first caller has waited and will still wait. A patience of 0 takes what there is
   * now.
   */
  waited_ms: number;
  patience_ms: number;
  /** How long the most patient caller will still wait. */
  stay_ms: number;
  /** The longest that a call may last. */
  hold_ms: number;
}

/**
 * Why a request gets no leases: the limits are used up, no key is fit for a call, or the asking
 * isolate knows none of the present keys. An isolate of an earlier version takes `outdated` as
 * `unavailable`.
 */
export interface Refusal {
  reason: "limited" | "unavailable" | "outdated";
  /** How many of the waiting callers the Worker must refuse now, the newest first. */
  callers: number;
}

/**
 * The gate's answer. `held_ms` is how long the gate kept the request. An answer with neither leases
 * nor a refusal means: ask again, with the callers that came since. `wait_ms` estimates how long a
 * caller that comes now would wait.
 */
export interface AcquireReply {
  leases: Lease[];
  refusal: Refusal | null;
  held_ms: number;
  wait_ms: number;
  /**
   * How long the holder should gather questions and reports after each message, because the gate is
   * busy. Absent while it is not, and in messages of earlier versions.
   */
  pace_ms?: number;
}
