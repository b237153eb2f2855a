import { withoutTrailing } from "../lib/without-trailing.ts";
import type { Operations } from "./api-document.d.ts";

/** The name of an operation: its method and its path, as `/openapi.json` has them. */
export type OperationName = keyof Operations;

/** What one call may set, whatever it calls. */
export interface CallOptions {
  /** Ends the call, its retries and its waits. */
  signal?: AbortSignal;
  /** The longest wait for a whole answer, or for the next piece of a stream, in ms. */
  timeoutMs?: number;
  /** How often a call that failed without a result is repeated. */
  maxRetries?: number;
  /**
   * Makes a POST safe to repeat, where it takes one: the same key and body give the first result
   * again for a day. Without it the client makes one for each call that it may repeat.
   */
  idempotencyKey?: string;
  /** More request headers. */
  headers?: Record<string, string>;
}

/** The parameters and the body of an operation, with the options of the call. */
export type OperationRequest<O extends OperationName> = Operations[O]["request"] & CallOptions;

/** Whether every member of a type may be left out. */
export type AllOptional<T> = Partial<T> extends T ? true : false;

/** The arguments of an operation: none need be given where it requires none. */
export type OperationArguments<O extends OperationName> =
  AllOptional<Operations[O]["request"]> extends true ? [request?: OperationRequest<O>] : [request: OperationRequest<O>];

/** What an operation answers: JSON as its value, NDJSON and events as text. */
export type OperationResult<O extends OperationName> = Operations[O]["replies"][keyof Operations[O]["replies"]];

/** The body that an operation takes. */
export type OperationBody<O extends OperationName> = Operations[O]["request"] extends { body?: infer Body }
  ? Exclude<Body, undefined>
  : never;

/** The query that an operation takes. */
export type OperationQuery<O extends OperationName> = Operations[O]["request"] extends { query?: infer Query }
  ? Exclude<Query, undefined>
  : never;

/** What all operations may be given, as the transport reads it. */
export interface AnyRequest extends CallOptions {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
}

/** The operations that do not execute twice what has the same `Idempotency-Key`. */
export const IDEMPOTENT_POSTS: ReadonlySet<string> = new Set<OperationName>([
  "POST /v1/executions",
  "POST /v1/prompts/{name}/execute",
  "POST /v1/batches",
  "POST /v1/prompts/{name}/tests/run",
  "POST /v1/compare",
  "POST /v1/prompts/{name}/optimize",
  "POST /v1/chains/{name}/execute",
  "POST /v1/chat/completions",
  "POST /v1/responses",
  "POST /v1/embeddings",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
]);

/** An operation's method and address, with what stands in its path and its query. */
export function addressOf(
  baseUrl: string,
  operation: string,
  { path = {}, query = {} }: Pick<AnyRequest, "path" | "query">,
): { method: string; url: string } {
  const [method = "GET", template = "/"] = operation.split(" ");
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name];
    if (value === undefined || value === "") throw new TypeError(`${operation} needs path.${name}`);
    return encodeURIComponent(value);
  });
  const url = new URL(withoutTrailing(baseUrl, "/") + filled);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
  }
  return { method, url: url.href };
}
