import type { KeptResponse } from "./kept-responses.ts";
import { type CallHandler, type LoggedCall } from "./provider-call.ts";
import { resourceHandler } from "./resource-handler.ts";
import { CallRefused } from "./wire.ts";

/**
 * The handler of a route for a response that is kept
 * (https://platform.openai.com/docs/api-reference/responses); undefined for other paths.
 */
export function responseHandler(method: string, path: string): CallHandler | undefined {
  const [, id, action = ""] = /^\/v1\/responses\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const handle = (work: (call: LoggedCall, response: KeptResponse) => object) =>
    resourceHandler((call) => ({ json: work(call, responseOf(call, id)) }));
  switch (`${method} ${action}`) {
    case "GET ":
      return handle(currentBody);
    case "GET input_items":
      return handle((_call, { input }) => listOf(input.toReversed()));
    case "DELETE ":
      return handle(({ state }) => {
        state.responses.delete(id);
        return { id, object: "response", deleted: true };
      });
    case "POST cancel":
      return handle(cancel);
    default:
      return undefined;
  }
}

/** A response that has not ended, or was cancelled before it did. */
export function unendedBody(
  { body }: KeptResponse,
  status: "queued" | "in_progress" | "cancelled",
): Record<string, unknown> {
  return { ...body, status, output: [], usage: null, tool_usage: undefined, incomplete_details: null };
}

function responseOf({ state, record }: LoggedCall, id: string): KeptResponse {
  const response = state.responses.find(record.key, id);
  if (!response) throw new CallRefused({ status: 404, code: "", message: `Response with id '${id}' not found.` });
  return response;
}

function currentBody({ state }: LoggedCall, response: KeptResponse): object {
  if (response.isCancelled) return unendedBody(response, "cancelled");
  const { endsAt = 0, body } = response;
  return state.clock() >= endsAt ? body : unendedBody(response, "in_progress");
}

/**
 * Cancels what runs in the background. One that has ended stays as it is; cancelled is not paid.
 */
function cancel(call: LoggedCall, response: KeptResponse): object {
  if (response.endsAt === undefined) {
    throw new CallRefused({ status: 400, message: "Cannot cancel a synchronous response.", code: "" });
  }
  if (call.state.clock() < response.endsAt) {
    response.isCancelled = true;
    response.record.completion_tokens = 0;
  }
  return currentBody(call, response);
}

function listOf(data: readonly Record<string, unknown>[]): object {
  return {
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: false,
  };
}
