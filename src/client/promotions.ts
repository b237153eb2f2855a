import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery } from "./operations.ts";

/** Why a label is moved, and what it must mean now: with another version it is a ConflictError. */
export type MoveOptions = CallOptions & { reason?: string; ifVersion?: number };

/** Calls about labels of prompts. `prompts.label` moves one. */
export class LabelsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** The labels of a prompt and what they mean, without `latest`. */
  list(prompt: string, options?: CallOptions) {
    return this.#api.list("GET /v1/prompts/{name}/labels", { ...options, path: { name: prompt } });
  }

  /** Who moved a label when, from what to what, and why; newest first. */
  history(prompt: string, label: string, options?: CallOptions) {
    const path = { name: prompt, label };
    return this.#api.list("GET /v1/prompts/{name}/labels/{label}/history", { ...options, path });
  }

  /** Points a label at what it meant before, at once. */
  async rollback(prompt: string, label: string, { reason, ...options }: MoveOptions = {}) {
    const path = { name: prompt, label };
    const body = { reason };
    return this.#api.request("POST /v1/prompts/{name}/labels/{label}/rollback", { ...guarded(options), path, body });
  }

  /** Deletes a label; its history stays. */
  async delete(prompt: string, label: string, { reason, ...options }: MoveOptions = {}) {
    const path = { name: prompt, label };
    const query = { reason };
    return this.#api.request("DELETE /v1/prompts/{name}/labels/{label}", { ...guarded(options), path, query });
  }

  /** What a label has to pass before it moves. */
  async protection(prompt: string, label: string, options?: CallOptions) {
    const path = { name: prompt, label };
    return this.#api.request("GET /v1/prompts/{name}/labels/{label}/protection", { ...options, path });
  }

  /** Sets what a label has to pass before it moves. */
  async protect(
    prompt: string,
    label: string,
    body: OperationBody<"PUT /v1/prompts/{name}/labels/{label}/protection">,
    options?: CallOptions,
  ) {
    const path = { name: prompt, label };
    return this.#api.request("PUT /v1/prompts/{name}/labels/{label}/protection", { ...options, path, body });
  }
}

/** Calls about promotions: moves of protected labels that were asked for. */
export class PromotionsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** The promotions, newest first. */
  list(query: OperationQuery<"GET /v1/promotions"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/promotions", { ...options, query });
  }

  /** How a promotion stands. */
  async get(id: string, options?: CallOptions) {
    return this.#api.request("GET /v1/promotions/{id}", { ...options, path: { id } });
  }

  /** Approves a promotion, by another key than the one that asked. */
  async approve(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/promotions/{id}/approve", { ...options, path: { id } });
  }

  /** Cancels a pending promotion. */
  async cancel(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/promotions/{id}/cancel", { ...options, path: { id } });
  }
}

function guarded({ ifVersion, ...options }: CallOptions & { ifVersion?: number }): CallOptions {
  if (ifVersion === undefined) return options;
  return { ...options, headers: { ...options.headers, "if-match": `"${ifVersion}"` } };
}
