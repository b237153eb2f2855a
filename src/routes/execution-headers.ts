import type { AppContext } from "../middleware/context.ts";
import { serverTiming } from "../services/timings.ts";

/** The headers that every answered execution carries. Overhead is what passed outside the provider's call, in milliseconds. */
export function setExecutionHeaders(c: AppContext, id: string, version: number, attempts: number): void {
  const { timings } = c.var;
  const overhead = timings.total() - (timings.read().get("llm") ?? 0);
  c.header("x-pbt-execution-id", id);
  c.header("x-pbt-prompt-version", String(version));
  c.header("x-pbt-cache", "bypass");
  c.header("x-pbt-attempts", String(attempts));
  c.header("x-pbt-overhead-ms", overhead.toFixed(1));
  c.header("server-timing", serverTiming(timings));
}
