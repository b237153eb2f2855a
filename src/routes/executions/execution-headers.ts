import type { AppContext } from "../../middleware/context.ts";
import { noteLimits } from "../../middleware/rate-limits.ts";
import type { Served } from "../../services/executions/execute-result.ts";
import { serverTiming } from "../../domain/executions/timings.ts";

/** What the headers of an answered execution tell. */
export interface Answered {
  id: string;
  version: number;
  attempts: number;
  served: Served;
}

/** The headers that every answered execution carries. Overhead is what passed outside the provider's call, in milliseconds; ages are in seconds. */
export function setExecutionHeaders(c: AppContext, { id, version, attempts, served }: Answered): void {
  const { timings } = c.var;
  const overhead = timings.total() - (timings.read().get("llm") ?? 0);
  c.header("x-pbt-execution-id", id);
  c.header("x-pbt-prompt-version", String(version));
  c.header("x-pbt-cache", [served.cache, served.tier, served.stale ? "stale" : null].filter(Boolean).join("; "));
  c.header("x-pbt-pointer-age", (served.pointer_age_ms / 1000).toFixed(3));
  c.header("x-pbt-attempts", String(attempts));
  c.header("x-pbt-overhead-ms", overhead.toFixed(1));
  c.header("server-timing", serverTiming(timings));
  noteLimits(c, served.limits);
  if (served.age_ms !== null) c.header("age", String(Math.floor(served.age_ms / 1000)));
  if (served.degraded.length > 0) c.header("x-pbt-degraded", served.degraded.join(", "));
}

/** Says so where a reply is the first result of its idempotency key again. */
export function markReplayed<T extends { replayed: boolean }>(c: AppContext, reply: T): T {
  if (reply.replayed) c.header("idempotent-replayed", "true");
  return reply;
}
