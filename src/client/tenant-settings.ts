import type { Api } from "./api.ts";
import type { CallOptions, OperationBody } from "./operations.ts";

/** Calls about the tenant's keys of this API. */
export class KeysApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Creates a key. Its `secret` is shown this once. */
  async create(body: OperationBody<"POST /v1/keys">, options?: CallOptions) {
    return this.#api.request("POST /v1/keys", { ...options, body });
  }

  /** The live keys, newest first, without their secrets. */
  list(options?: CallOptions) {
    return this.#api.list("GET /v1/keys", { ...options });
  }

  /** Gives a key a new secret. The old one stays good for a day, or for `overlap_seconds`. */
  async rotate(id: string, body: OperationBody<"POST /v1/keys/{id}/rotate"> = {}, options?: CallOptions) {
    return this.#api.request("POST /v1/keys/{id}/rotate", { ...options, path: { id }, body });
  }

  /** Revokes a key. */
  async delete(id: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/keys/{id}", { ...options, path: { id } });
  }
}

/** Calls about other names of prompts. */
export class AliasesApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Lets an alias stand for a prompt. */
  async set(alias: string, body: OperationBody<"PUT /v1/aliases/{alias}">, options?: CallOptions) {
    return this.#api.request("PUT /v1/aliases/{alias}", { ...options, path: { alias }, body });
  }

  /** What an alias stands for. */
  async get(alias: string, options?: CallOptions) {
    return this.#api.request("GET /v1/aliases/{alias}", { ...options, path: { alias } });
  }

  /** The aliases in their order. */
  list(options?: CallOptions) {
    return this.#api.list("GET /v1/aliases", { ...options });
  }

  /** Deletes an alias. */
  async delete(alias: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/aliases/{alias}", { ...options, path: { alias } });
  }
}

/** Calls about budgets. A scope is `tenant`, `key:<id>` or `prompt:<name>`. */
export class BudgetsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Sets what a scope may spend. */
  async set(scope: string, body: OperationBody<"PUT /v1/budgets/{scope}">, options?: CallOptions) {
    return this.#api.request("PUT /v1/budgets/{scope}", { ...options, path: { scope }, body });
  }

  /** The budgets with what they have left. */
  list(options?: CallOptions) {
    return this.#api.list("GET /v1/budgets", { ...options });
  }

  /** Lifts a budget. */
  async delete(scope: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/budgets/{scope}", { ...options, path: { scope } });
  }
}

/** Calls about webhooks. */
export class WebhooksApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Sets where events are posted. */
  async set(name: string, body: OperationBody<"PUT /v1/webhooks/{name}">, options?: CallOptions) {
    return this.#api.request("PUT /v1/webhooks/{name}", { ...options, path: { name }, body });
  }

  /** A webhook. */
  async get(name: string, options?: CallOptions) {
    return this.#api.request("GET /v1/webhooks/{name}", { ...options, path: { name } });
  }

  /** The webhooks. */
  list(options?: CallOptions) {
    return this.#api.list("GET /v1/webhooks", { ...options });
  }

  /** Deletes a webhook. */
  async delete(name: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/webhooks/{name}", { ...options, path: { name } });
  }

  /** Posts a test event. */
  async test(name: string, options?: CallOptions) {
    return this.#api.request("POST /v1/webhooks/{name}/test", { ...options, path: { name } });
  }
}

/** Calls about where the tenant's traces are sent. */
export class TelemetryApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Sets the collector. */
  async set(body: OperationBody<"PUT /v1/telemetry">, options?: CallOptions) {
    return this.#api.request("PUT /v1/telemetry", { ...options, body });
  }

  /** The collector. */
  async get(options?: CallOptions) {
    return this.#api.request("GET /v1/telemetry", { ...options });
  }

  /** Sends the tenant's traces nowhere. */
  async delete(options?: CallOptions) {
    return this.#api.request("DELETE /v1/telemetry", { ...options });
  }
}
