/** How many requests a tenant may make: a steady rate, and `burst` at once after a rest. */
export interface ThrottleLimits {
  rate_per_s: number;
  burst: number;
}

/**
 * An isolate's report and question, all in requests. It spent `spent` on credit, and `unspent`
 * expired in its blocks. `waiting` callers need one request each, and about `ahead` more may come
 * soon.
 */
export interface ThrottleQuestion {
  spent: number;
  unspent: number;
  waiting: number;
  ahead: number;
}

/**
 * The authority's answer, in requests. `granted` now belong to the isolate and `remaining` are left
 * for all. `wait_ms` is the time until there is more, and 0 unless callers went without.
 */
export interface ThrottleAnswer {
  granted: number;
  remaining: number;
  wait_ms: number;
}

/** A tenant's throttle, as an isolate calls it. */
export interface ThrottleObject {
  ask(limits: ThrottleLimits, question: ThrottleQuestion): Promise<ThrottleAnswer>;
}

/** A branch of a tenant's throttle. For the name of its method, see `GateBranchObject`. */
export interface ThrottleBranchObject {
  branchAsk(limits: ThrottleLimits, question: ThrottleQuestion): Promise<ThrottleAnswer>;
}
