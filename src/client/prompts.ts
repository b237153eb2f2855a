import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery } from "./operations.ts";

/**
 * Which version of a prompt is meant; the label `production` or else the newest where neither is
 * given.
 */
export interface VersionChoice {
  version?: number;
  label?: string;
}

/** Calls about stored prompts. */
export class PromptsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /**
   * Publishes a prompt file, as its text or as JSON. Content that the newest version has makes no
   * new one. With `ifVersion` it is a ConflictError where the newest version is another.
   */
  async publish(
    name: string,
    file: string | Record<string, unknown>,
    { ifVersion, ...options }: CallOptions & { ifVersion?: number } = {},
  ) {
    const headers = {
      ...options.headers,
      ...(typeof file === "string" ? { "content-type": "application/yaml" } : {}),
      ...(ifVersion === undefined ? {} : { "if-match": `"${ifVersion}"` }),
    };
    return this.#api.request("PUT /v1/prompts/{name}", { ...options, path: { name }, headers, body: file });
  }

  /** A version with its definition. */
  async get(name: string, { version, label, ...options }: VersionChoice & CallOptions = {}) {
    return this.#api.request("GET /v1/prompts/{name}", { ...options, path: { name }, query: { version, label } });
  }

  /** The file of a version, byte for byte as it was published. */
  async file(name: string, { version, label, ...options }: VersionChoice & CallOptions = {}): Promise<string> {
    const headers = { ...options.headers, accept: "application/yaml" };
    const request = { ...options, path: { name }, query: { version, label }, headers };
    return this.#api.text("GET /v1/prompts/{name}", request);
  }

  /** The prompts, each with its newest version and its labels. */
  list(query: Omit<NonNullable<OperationQuery<"GET /v1/prompts">>, "delimiter"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/prompts", { ...options, query });
  }

  /** A page of a folder, such as `support/`: its prompts, and as `prefixes` the folders in it. */
  async folder(prefix = "", page: { cursor?: string; limit?: number } = {}, options?: CallOptions) {
    const query = { ...page, delimiter: "/" as const, ...(prefix !== "" && { prefix }) };
    return this.#api.request("GET /v1/prompts", { ...options, query });
  }

  /** The versions of a prompt, newest first. */
  versions(name: string, options?: CallOptions) {
    return this.#api.list("GET /v1/prompts/{name}/versions", { ...options, path: { name } });
  }

  /**
   * Points a label at a version, or splits it among several by weight. A protected label answers
   * with the promotion that moves it once all checks have passed.
   */
  async label(
    name: string,
    label: string,
    target: number | OperationBody<"PUT /v1/prompts/{name}/labels/{label}">,
    options?: CallOptions,
  ) {
    const body = typeof target === "number" ? { version: target } : target;
    return this.#api.request("PUT /v1/prompts/{name}/labels/{label}", { ...options, path: { name, label }, body });
  }

  /** What a model would be sent, without calling one. */
  async render(name: string, body: OperationBody<"POST /v1/prompts/{name}/render">, options?: CallOptions) {
    return this.#api.request("POST /v1/prompts/{name}/render", { ...options, path: { name }, body });
  }

  /** What differs between two versions, given as numbers or labels. */
  async diff(name: string, body: OperationBody<"POST /v1/prompts/{name}/diff">, options?: CallOptions) {
    return this.#api.request("POST /v1/prompts/{name}/diff", { ...options, path: { name }, body });
  }

  /** Deletes a prompt with its versions. */
  async delete(name: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/prompts/{name}", { ...options, path: { name } });
  }

  /** Drops the stored answers of a prompt. */
  async dropAnswers(prompt: string, options?: CallOptions) {
    return this.#api.request("DELETE /v1/cache", { ...options, query: { prompt } });
  }
}
