import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery } from "./operations.ts";

/** Calls about what was used and spent. */
export class UsageApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** What was used, by the groups of `group_by`. */
  async get(query: Omit<OperationQuery<"GET /v1/usage">, "format"> = {}, options?: CallOptions) {
    return this.#api.request("GET /v1/usage", { ...options, query });
  }

  /** The same as CSV. */
  async csv(query: Omit<OperationQuery<"GET /v1/usage">, "format"> = {}, options?: CallOptions): Promise<string> {
    return this.#api.text("GET /v1/usage", { ...options, query: { ...query, format: "csv" } });
  }

  /** Compares what was counted here with a provider's usage or cost export. */
  async reconcile(body: OperationBody<"POST /v1/usage/reconcile">, options?: CallOptions) {
    return this.#api.request("POST /v1/usage/reconcile", { ...options, body });
  }
}

/** Calls about what was unusual and what is to come. */
export class InsightsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** What was unusual in the last week. */
  async anomalies(query: OperationQuery<"GET /v1/insights/anomalies"> = {}, options?: CallOptions) {
    return this.#api.request("GET /v1/insights/anomalies", { ...options, query });
  }

  /** When limits will be reached. */
  async forecast(query: OperationQuery<"GET /v1/insights/forecast"> = {}, options?: CallOptions) {
    return this.#api.request("GET /v1/insights/forecast", { ...options, query });
  }

  /** How prompts keep their objectives. */
  async sla(query: OperationQuery<"GET /v1/insights/sla"> = {}, options?: CallOptions) {
    return this.#api.request("GET /v1/insights/sla", { ...options, query });
  }
}
