import { isInShare, type TraceContext } from "../domain/trace-context.ts";
import type { AppContext } from "./context.ts";

/**
 * The trace of a request that asks for executions. Where its caller does not decide, its head is
 * sampled here, by the share that either collector gets. The reply's `traceparent` says so.
 */
export function traceOf(c: AppContext): TraceContext {
  const trace = c.get("trace");
  if (trace.decided) return trace;
  const share = c.get("services").traceShareOf(c.get("principal").tenant_id);
  const sampled = { ...trace, sampled: isInShare(trace.trace_id, share) };
  c.set("trace", sampled);
  return sampled;
}
