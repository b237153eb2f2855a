import type { Api } from "./api.ts";
import type { CallOptions, OperationQuery } from "./operations.ts";

/** Calls about who changed what of the tenant's settings. */
export class AuditApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** The entries of the audit log, newest first. */
  list(query: OperationQuery<"GET /v1/audit"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/audit", { ...options, query });
  }
}
