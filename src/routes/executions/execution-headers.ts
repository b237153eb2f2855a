import type { AppContext } from "../../middleware/context.ts";
import { noteLimits } from "../../middleware/rate-limits.ts";
import type { Served } from "../../services/executions/execute-result.ts";
import { serverTiming } from "../../domain/executions/timings.ts";

/** What the headers of an execution's reply report. */
interface ExecutionHeaders {
  id: string;
  version: number;
  attempts: number;
  served: Served;
}

/**
 * Sets the headers of an execution's reply. Overhead is the time outside the provider's call, in
 * ms; ages are in s.
 */
export function setExecutionHeaders(c: AppContext, { id, version, attempts, served }: ExecutionHeaders): void {
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

/** Sets `idempotent-replayed` where the reply repeats the first result of its idempotency key. */
export function markReplayed<T extends { replayed: boolean }>(c: AppContext, reply: T): T {
  if (reply.replayed) c.header("idempotent-replayed", "true");
  return reply;
}
