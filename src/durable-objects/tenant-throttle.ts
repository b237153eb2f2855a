import { DurableObject } from "cloudflare:workers";
import {
  answerThrottle,
  type ThrottleAnswer,
  type ThrottleLimits,
  type ThrottleQuestion,
} from "../domain/gate/throttle.ts";

/** What is stored is so many ms ahead of what is true, so that under load a second's questions cost one write. */
const AHEAD_MS = 1_000;

/**
 * The one authority over a tenant's number of requests. A restart begins from the stored moment, at which the bucket is certainly full:
 * it may cost the tenant a second's requests and never gives any twice (the platform's output gate holds a reply back until what it wrote is on disk).
 */
export class TenantThrottle extends DurableObject<Env> {
  #fullAt: number;
  #stored: number;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("create table if not exists bucket (id integer primary key check (id = 1), full_at real not null)");
    const [row] = sql.exec<{ full_at: number }>("select full_at from bucket").toArray();
    this.#fullAt = this.#stored = row?.full_at ?? 0;
  }

  /** Takes in what an isolate says and grants it what there is. The limits are the deployment's, as the isolate knows them. */
  ask(limits: ThrottleLimits, question: ThrottleQuestion): ThrottleAnswer {
    const { fullAt, answer } = answerThrottle(this.#fullAt, limits, question, Date.now());
    this.#fullAt = fullAt;
    if (fullAt > this.#stored) {
      this.#stored = fullAt + AHEAD_MS;
      this.ctx.storage.sql.exec("insert or replace into bucket values (1, ?)", this.#stored);
    }
    return answer;
  }

  /** Answers, and does nothing else. */
  ping(): "ok" {
    return "ok";
  }
}
