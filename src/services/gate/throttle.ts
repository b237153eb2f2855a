import { AppError } from "../../domain/errors.ts";
import type { Allowance } from "../../domain/gate/rate-limit-headers.ts";
import {
  ANSWER_WITHIN_MS,
  createThrottleHolder,
  type ThrottleAnswer,
  type ThrottleHolder,
  type ThrottleLimits,
  type ThrottleQuestion,
} from "../../domain/gate/throttle.ts";
import type { Clock } from "../../lib/clock.ts";

/** The object of a tenant's throttle as it is called. */
export interface ThrottleObject {
  ask(limits: ThrottleLimits, question: ThrottleQuestion): Promise<ThrottleAnswer>;
}

/**
 * Counts a request of a tenant and tells what is left. Waits for nothing unless this isolate has nothing left to give; throws AppError `rate_limit_error` where
 * the tenant has not either. Where the object does not answer, requests pass: the limit protects the house, and is no reason to close it.
 */
export type Throttle = (tenantId: string) => Promise<Allowance>;

/** What {@link createThrottle} needs. `defer` keeps work going behind the reply. */
export interface ThrottleDeps extends Clock {
  limits: ThrottleLimits;
  objectOf(tenantId: string): ThrottleObject;
  defer(work: Promise<unknown>): void;
  sleep(ms: number): Promise<void>;
  onFault(event: string, error: unknown): void;
}

/** What an isolate holds for a tenant, and how many wait for an answer. */
interface Desk {
  tenant_id: string;
  holder: ThrottleHolder;
  waiting: number;
}

/** Tenants that an isolate knows at a time; the one not seen longest goes first. */
const MAX_DESKS = 10_000;
/** Who waits for another request's question looks for its answer so often, in ms: a runtime's promises are better not shared between requests. */
const LOOK_EVERY_MS = 5;

/** The service. */
export function createThrottle(deps: ThrottleDeps): Throttle {
  const desks = new Map<string, Desk>();

  function deskOf(tenantId: string): Desk {
    const desk = desks.get(tenantId) ?? newDesk(tenantId, deps.limits);
    desks.delete(tenantId);
    desks.set(tenantId, desk);
    const [oldest] = desks.keys();
    if (desks.size > MAX_DESKS && oldest !== undefined) desks.delete(oldest);
    return desk;
  }

  return async function throttle(tenantId) {
    const desk = deskOf(tenantId);
    const { holder } = desk;
    holder.arrive(deps.now());
    for (;;) {
      if (holder.isOverdue(deps.now())) lose(desk, null, new Error("The throttle did not answer in time."));
      const taken = holder.take(deps.now());
      if (taken === "passed") break;
      if (taken !== "ask") throw refusal(deps.limits, taken.wait_ms);
      desk.waiting += 1;
      await answered(desk).finally(() => (desk.waiting -= 1));
    }
    if (holder.isDue(deps.now())) deps.defer(ask(desk));
    return holder.allowance(deps.now());
  };

  /** Waits for one answer: that which is under way, whose request may be gone, or else one of its own. */
  async function answered(desk: Desk): Promise<void> {
    if (desk.holder.isAsking()) return deps.sleep(LOOK_EVERY_MS);
    const asking = ask(desk);
    deps.defer(asking);
    await Promise.race([asking, deps.sleep(ANSWER_WITHIN_MS)]);
  }

  async function ask(desk: Desk): Promise<void> {
    const question = desk.holder.ask(desk.waiting, deps.now());
    try {
      const answer = await deps.objectOf(desk.tenant_id).ask(deps.limits, question);
      desk.holder.receive(question, answer, deps.now());
    } catch (error) {
      lose(desk, question, error);
    }
  }

  function lose(desk: Desk, question: ThrottleQuestion | null, error: unknown): void {
    deps.onFault("throttle_unanswered", error);
    desk.holder.lose(question, deps.now());
  }
}

function newDesk(tenantId: string, limits: ThrottleLimits): Desk {
  return { tenant_id: tenantId, holder: createThrottleHolder(limits), waiting: 0 };
}

function refusal({ rate_per_s, burst }: ThrottleLimits, waitMs: number): AppError {
  const [reset_ms, window_ms] = [Math.max(waitMs, (burst * 1000) / rate_per_s), (burst * 1000) / rate_per_s];
  return new AppError("rate_limit_error", `The tenant's ${rate_per_s} requests a second are used up.`, {
    retryable: true,
    retryAfterMs: waitMs,
    limits: { requests: { limit: burst, remaining: 0, reset_ms, window_ms } },
  });
}
