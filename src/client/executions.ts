import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery, OperationResult } from "./operations.ts";

/** What a request may say beside its prompt and how it is answered. */
export type ExecutionBody = Omit<OperationBody<"POST /v1/executions">, "stream" | "async">;

/** Calls about executions that are under way or over. */
export class ExecutionsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Has a prompt executed later. The id that comes back is read with `get`. */
  async start(body: ExecutionBody, options?: CallOptions) {
    const request = { ...options, body: { ...body, async: true } };
    const accepted = await this.#api.request("POST /v1/executions", request);
    return accepted as Extract<OperationResult<"POST /v1/executions">, { status: "queued" }>;
  }

  /** An execution as it is recorded, or how it waits. */
  async get(id: string, options?: CallOptions) {
    return this.#api.request("GET /v1/executions/{id}", { ...options, path: { id } });
  }

  /** The recorded executions, newest first. */
  list(query: OperationQuery<"GET /v1/executions"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/executions", { ...options, query });
  }

  /** Says how good an answer was: `score` is in [0, 1]. */
  async feedback(id: string, body: OperationBody<"POST /v1/executions/{id}/feedback">, options?: CallOptions) {
    return this.#api.request("POST /v1/executions/{id}/feedback", { ...options, path: { id }, body });
  }
}
