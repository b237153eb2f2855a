import * as z from "zod";
import type { AppContext } from "../../middleware/context.ts";
import { traceOf } from "../../middleware/trace.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { replayHeaders } from "./execution-headers.ts";
import { rfc3339 } from "../router.ts";

/** The reply to an accepted asynchronous execution. */
export const acceptedView = z.object({ id: z.string(), status: z.literal("queued") });

/**
 * An asynchronous execution that is not recorded yet; `error` where it failed without a call to a
 * provider.
 */
export const pendingView = z.object({
  id: z.string(),
  status: z.enum(["queued", "running", "failed"]),
  created_at: z.string(),
  error: z.object({ code: z.string(), detail: z.string() }).optional(),
});

/** Accepts an asynchronous execution, once for each idempotency key, and replies 202. */
export async function acceptExecution(c: AppContext, asked: ExecutionRequest): Promise<Response> {
  const request = { ...asked, trace: traceOf(c) };
  const { acceptExecution: accept, acceptExecutionOnce } = c.var.services;
  const key = c.req.header("idempotency-key");
  const accepted =
    key === undefined ? { id: await accept(request), replayed: false } : await acceptExecutionOnce(key, request);
  const { id } = accepted;
  const headers = { location: `/v1/executions/${id}`, "x-pbt-execution-id": id, ...replayHeaders(accepted) };
  return c.json({ id, status: "queued" } satisfies z.infer<typeof acceptedView>, 202, headers);
}

/**
 * Reads an asynchronous execution that is not recorded yet; undefined where the id is recorded or
 * unknown.
 */
export async function readPending(c: AppContext, id: string): Promise<z.infer<typeof pendingView> | undefined> {
  const { tenant_id } = c.var.principal;
  const pending = await c.var.services.findAsyncExecution(tenant_id, id);
  if (!pending) return undefined;
  const { state, error, created_at } = pending;
  if (state === "succeeded" || state === "cancelled") return undefined;
  if (state === "failed" && (await c.var.services.readExecutions.find(tenant_id, id))) return undefined;
  return { id, status: state, created_at: rfc3339(created_at), ...(error ? { error } : {}) };
}
