import { AppError } from "../../domain/errors.ts";
import { ANSWER_WITHIN_MS, ThrottleClient } from "../../domain/gate/client/throttle-client.ts";
import type { ThrottleLimits, ThrottleObject } from "../../domain/gate/protocol/throttle-messages.ts";
import type { Allowance } from "../../domain/rate-limit-headers.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { askAuthority, type AuthorityDeps } from "./ask-authority.ts";

/**
 * Counts a request of a tenant and returns what the tenant has left. It waits only where this
 * isolate has nothing left to give, and throws AppError `rate_limit_error` where the tenant has
 * nothing left either. Where the object does not answer, requests pass: the limit protects the
 * service and must not close it.
 */
export type Throttle = (tenantId: string) => Promise<Allowance>;

/** What {@link createThrottle} needs. */
export interface ThrottleDeps extends AuthorityDeps {
  limits: ThrottleLimits;
  objectOf(tenantId: string): ThrottleObject;
}

/** Tenants that an isolate knows at a time. */
const MAX_SESSIONS = 10_000;
/**
 * How often a request looks for the answer to another request's question, in ms. A promise must not
 * be shared between requests.
 */
const LOOK_EVERY_MS = 5;

/** An isolate's dealings with the throttle of one tenant. */
class ThrottleSession {
  readonly #deps: ThrottleDeps;
  readonly #tenantId: string;
  readonly #client: ThrottleClient;
  /** Requests that wait for an answer. */
  #waiting = 0;

  constructor(deps: ThrottleDeps, tenantId: string) {
    this.#deps = deps;
    this.#tenantId = tenantId;
    this.#client = new ThrottleClient(deps.limits);
  }

  /** Spends one request, out of what is held or after the authority was asked. */
  async spend(): Promise<Allowance> {
    const [deps, client] = [this.#deps, this.#client];
    client.observeCall(deps.now());
    for (;;) {
      if (client.loseOverdue(deps.now())) {
        deps.onFault("throttle_unanswered", new Error("The throttle did not answer in time."));
      }
      const verdict = client.spend(deps.now());
      if (verdict === "passed") break;
      if (verdict !== "ask") throw refusal(deps.limits, verdict.wait_ms);
      this.#waiting += 1;
      await this.#answer().finally(() => (this.#waiting -= 1));
    }
    if (client.isDue(deps.now())) deps.defer(this.#ask());
    return client.allowance(deps.now());
  }

  /** Waits for an answer: a moment if another request asked, or else to a question of its own. */
  async #answer(): Promise<void> {
    if (this.#client.isAsking()) return this.#deps.sleep(LOOK_EVERY_MS);
    const asking = this.#ask();
    this.#deps.defer(asking);
    await Promise.race([asking, this.#deps.sleep(ANSWER_WITHIN_MS)]);
  }

  async #ask(): Promise<void> {
    const deps = this.#deps;
    await askAuthority(deps, {
      question: this.#client.question(this.#waiting, deps.now()),
      client: this.#client,
      send: async (question) => deps.objectOf(this.#tenantId).ask(deps.limits, question),
      fault: "throttle_unanswered",
    });
  }
}

/** Builds {@link Throttle} with a session for each tenant. */
export function createThrottle(deps: ThrottleDeps): Throttle {
  const sessions = new LruMap<string, ThrottleSession>({ maxEntries: MAX_SESSIONS });

  function sessionOf(tenantId: string): ThrottleSession {
    let session = sessions.get(tenantId);
    if (!session) sessions.set(tenantId, (session = new ThrottleSession(deps, tenantId)));
    return session;
  }

  return async function throttle(tenantId) {
    return sessionOf(tenantId).spend();
  };
}

function refusal({ rate_per_s, burst }: ThrottleLimits, waitMs: number): AppError {
  const window_ms = (burst * 1000) / rate_per_s;
  const reset_ms = Math.max(waitMs, window_ms);
  return new AppError("rate_limit_error", `The tenant's ${rate_per_s} requests a second are used up.`, {
    retryable: true,
    retryAfterMs: waitMs,
    limits: { requests: { limit: burst, remaining: 0, reset_ms, window_ms } },
  });
}
