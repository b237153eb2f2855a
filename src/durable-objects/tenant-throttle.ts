import { DurableObject } from "cloudflare:workers";
import { answerThrottle } from "../domain/gate/authority/throttle-bucket.ts";
import type { ThrottleAnswer, ThrottleLimits, ThrottleQuestion } from "../domain/gate/protocol/throttle-messages.ts";
import { objectNamed, rootOfThrottle } from "../domain/object-names.ts";
import { ThrottleBranch } from "./throttle-branch.ts";

/**
 * How far the stored time is ahead of the true one, in ms, so that a second's questions cost one
 * write.
 */
const AHEAD_MS = 1_000;

/**
 * The one authority over a tenant's request rate, named by the tenant. A restart begins with the
 * stored time, at which the bucket is full for certain. That may cost the tenant a second's requests
 * and never grants one twice: the platform's output gate holds a reply back until its writes are on
 * disk. With a second part in its name it is a branch, see {@link ThrottleBranch}.
 */
export class TenantThrottle extends DurableObject<Env> {
  readonly #branch: ThrottleBranch | null;
  #fullAt = 0;
  #stored = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const root = rootOfThrottle(ctx.id.name ?? "");
    this.#branch =
      root === null
        ? null
        : new ThrottleBranch({ root: () => objectNamed(env.TENANT_THROTTLE, root), now: () => Date.now() });
    if (this.#branch) return;
    const { sql } = ctx.storage;
    sql.exec("create table if not exists bucket (id integer primary key check (id = 1), full_at real not null)");
    const [row] = sql.exec<{ full_at: number }>("select full_at from bucket").toArray();
    this.#fullAt = this.#stored = row?.full_at ?? 0;
  }

  /**
   * Takes an isolate's report and grants it what there is. The limits are those of its deployment.
   */
  ask(limits: ThrottleLimits, question: ThrottleQuestion): ThrottleAnswer {
    if (this.#branch) throw new Error("This object is no throttle.");
    const { fullAt, answer } = answerThrottle(this.#fullAt, limits, question, Date.now());
    this.#fullAt = fullAt;
    if (fullAt > this.#stored) {
      this.#stored = fullAt + AHEAD_MS;
      this.ctx.storage.sql.exec("insert or replace into bucket values (1, ?)", this.#stored);
    }
    return answer;
  }

  /** The same of a branch; see `ThrottleBranchObject`. */
  async branchAsk(limits: ThrottleLimits, question: ThrottleQuestion): Promise<ThrottleAnswer> {
    if (!this.#branch) throw new Error("This object is no branch.");
    return this.#branch.ask(limits, question);
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }
}
