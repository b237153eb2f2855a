import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery, OperationResult } from "./operations.ts";

/** A comparison as it stands. */
export type ComparisonReply = OperationResult<"GET /v1/comparisons/{id}">;

/** An optimisation as it stands. */
export type OptimizationReply = OperationResult<"GET /v1/optimizations/{id}">;

const WATCH_EVERY_MS = 1_000;

/** Options of a call that is made again and again, by default every second. */
interface WatchOptions extends CallOptions {
  everyMs?: number;
}

/** Calls about comparisons of versions and models. */
export class ComparisonsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /**
   * Compares versions and models on the same inputs. A comparison that takes long goes on by
   * itself.
   */
  async start(body: OperationBody<"POST /v1/compare">, options?: CallOptions) {
    return this.#api.request("POST /v1/compare", { ...options, body });
  }

  /** How a comparison stands. */
  async get(id: string, options?: CallOptions) {
    return this.#api.request("GET /v1/comparisons/{id}", { ...options, path: { id } });
  }

  /** How a comparison stands, asked for again and again until it has ended. */
  async *watch(
    id: string,
    { everyMs = WATCH_EVERY_MS, ...options }: WatchOptions = {},
  ): AsyncGenerator<ComparisonReply> {
    for (;;) {
      const comparison = await this.get(id, options);
      yield comparison;
      if (comparison.status !== "running") return;
      await this.#api.transport.wait(everyMs, options.signal);
    }
  }

  /** The comparisons, newest first. */
  list(query: OperationQuery<"GET /v1/comparisons"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/comparisons", { ...options, query });
  }

  /** Nothing further is executed. */
  async cancel(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/comparisons/{id}/cancel", { ...options, path: { id } });
  }
}

/** Calls about optimisations of prompts. */
export class OptimizationsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Looks for a shorter or better version of a prompt. */
  async start(prompt: string, body: OperationBody<"POST /v1/prompts/{name}/optimize">, options?: CallOptions) {
    return this.#api.request("POST /v1/prompts/{name}/optimize", { ...options, path: { name: prompt }, body });
  }

  /** How an optimisation stands. */
  async get(id: string, options?: CallOptions) {
    return this.#api.request("GET /v1/optimizations/{id}", { ...options, path: { id } });
  }

  /** How an optimisation stands, asked for again and again until it has ended. */
  async *watch(
    id: string,
    { everyMs = WATCH_EVERY_MS, ...options }: WatchOptions = {},
  ): AsyncGenerator<OptimizationReply> {
    for (;;) {
      const optimization = await this.get(id, options);
      yield optimization;
      if (optimization.status !== "running") return;
      await this.#api.transport.wait(everyMs, options.signal);
    }
  }

  /** The optimisations, newest first. */
  list(query: OperationQuery<"GET /v1/optimizations"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/optimizations", { ...options, query });
  }

  /** Nothing further is executed or published. */
  async cancel(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/optimizations/{id}/cancel", { ...options, path: { id } });
  }
}
