import { rateLimitHeaders } from "../domain/rate-limit-headers.ts";
import { type AppContext, commonHeaders } from "./context.ts";

/** Responses that have the headers of every response already. */
const complete = new WeakSet<Response>();

/**
 * A response with the headers of every response, made in one step: to add each of them afterwards
 * takes several times as long.
 */
export function completeResponse(
  c: AppContext,
  body: string | ReadableStream<Uint8Array>,
  own: Record<string, string>,
): Response {
  const headers = { ...commonHeaders(c), ...rateLimitHeaders(c.get("rate_limits") ?? {}), ...own };
  const response = new Response(body, { headers });
  complete.add(response);
  return response;
}

/** Whether {@link completeResponse} made it. */
export function isComplete(response: Response): boolean {
  return complete.has(response);
}
