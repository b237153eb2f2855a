import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery } from "./operations.ts";

/** Calls about upstreams and the keys of providers. */
export class ProvidersApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Sets an upstream of the tenant's own. */
  async set(name: string, body: OperationBody<"PUT /v1/providers/{name}">, options?: CallOptions) {
    return this.#api.request("PUT /v1/providers/{name}", { ...options, path: { name }, body });
  }

  /** An upstream. */
  async get(name: string, options?: CallOptions) {
    return this.#api.request("GET /v1/providers/{name}", { ...options, path: { name } });
  }

  /** The upstreams. */
  list(options?: CallOptions) {
    return this.#api.list("GET /v1/providers", { ...options });
  }

  /** Deletes an upstream. */
  async delete(name: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/providers/{name}", { ...options, path: { name } });
  }

  /** Sets one of a provider's keys, with its limits. */
  async setKey(
    provider: string,
    name: string,
    body: OperationBody<"PUT /v1/providers/{provider}/keys/{name}">,
    options?: CallOptions,
  ) {
    return this.#api.request("PUT /v1/providers/{provider}/keys/{name}", {
      ...options,
      path: { provider, name },
      body,
    });
  }

  /** One of a provider's keys, redacted. */
  async getKey(provider: string, name: string, options?: CallOptions) {
    return this.#api.request("GET /v1/providers/{provider}/keys/{name}", { ...options, path: { provider, name } });
  }

  /** A provider's keys, redacted. */
  keys(provider: string, options?: CallOptions) {
    return this.#api.list("GET /v1/providers/{provider}/keys", { ...options, path: { provider } });
  }

  /** Deletes one of a provider's keys. */
  async deleteKey(provider: string, name: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/providers/{provider}/keys/{name}", { ...options, path: { provider, name } });
  }

  /** How the keys, lanes and breakers of each provider stand. */
  async gate(options?: CallOptions) {
    return this.#api.request("GET /v1/gate", { ...options });
  }
}

/** Calls about what models cost. */
export class PricesApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Sets the tenant's own price of a model. */
  async set(
    provider: string,
    model: string,
    body: OperationBody<"PUT /v1/prices/{provider}/{model}">,
    options?: CallOptions,
  ) {
    return this.#api.request("PUT /v1/prices/{provider}/{model}", { ...options, path: { provider, model }, body });
  }

  /** The prices that apply, and which table they are of. */
  list(query: OperationQuery<"GET /v1/prices"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/prices", { ...options, query });
  }

  /** Takes back the tenant's own price of a model. */
  async delete(provider: string, model: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/prices/{provider}/{model}", { ...options, path: { provider, model } });
  }
}
