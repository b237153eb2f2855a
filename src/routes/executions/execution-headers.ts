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
 * The headers of an execution's reply. Overhead is the time outside the provider's call, in ms;
 * ages are in s.
 */
export function executionHeaders(c: AppContext, { id, version, attempts, served }: ExecutionHeaders) {
  const timings = c.get("timings");
  const { cache, tier, stale, age_ms, pointer_age_ms, degraded, limits } = served;
  const overhead = timings.total() - (timings.read().get("llm") ?? 0);
  noteLimits(c, limits);
  return {
    "x-pbt-execution-id": id,
    "x-pbt-prompt-version": String(version),
    "x-pbt-cache": [cache, tier, stale ? "stale" : null].filter(Boolean).join("; "),
    "x-pbt-pointer-age": (pointer_age_ms / 1000).toFixed(3),
    "x-pbt-attempts": String(attempts),
    "x-pbt-overhead-ms": overhead.toFixed(1),
    "server-timing": serverTiming(timings),
    ...(age_ms !== null && { age: String(Math.floor(age_ms / 1000)) }),
    ...(degraded.length > 0 && { "x-pbt-degraded": degraded.join(", ") }),
  };
}

/** Says that a reply repeats the first result of its idempotency key, where it does. */
export function replayHeaders({ replayed = false }: { replayed?: boolean }): Record<string, string> {
  return replayed ? { "idempotent-replayed": "true" } : {};
}
