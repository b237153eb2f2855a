import type { Api } from "./api.ts";
import type { CallOptions, OperationBody, OperationQuery, OperationResult } from "./operations.ts";

/** A test run as it stands. */
export type TestRunReply = OperationResult<"GET /v1/test-runs/{id}">;

const WATCH_EVERY_MS = 1_000;

/** Calls about runs of prompts' tests. */
export class TestRunsApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /**
   * Runs the tests of a version, or those that are given. A run that takes long goes on by itself.
   */
  async start(prompt: string, body: OperationBody<"POST /v1/prompts/{name}/tests/run"> = {}, options?: CallOptions) {
    return this.#api.request("POST /v1/prompts/{name}/tests/run", { ...options, path: { name: prompt }, body });
  }

  /** The runs of a prompt's tests, newest first, without their results. */
  list(prompt: string, query: OperationQuery<"GET /v1/prompts/{name}/test-runs"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/prompts/{name}/test-runs", { ...options, path: { name: prompt }, query });
  }

  /** How a run stands. */
  async get(id: string, options?: CallOptions) {
    return this.#api.request("GET /v1/test-runs/{id}", { ...options, path: { id } });
  }

  /** How a run stands, asked for again and again until it has ended. */
  async *watch(
    id: string,
    { everyMs = WATCH_EVERY_MS, ...options }: CallOptions & { everyMs?: number } = {},
  ): AsyncGenerator<TestRunReply> {
    for (;;) {
      const run = await this.get(id, options);
      yield run;
      if (run.status !== "running") return;
      await this.#api.transport.wait(everyMs, options.signal);
    }
  }

  /** A run as JUnit XML. */
  async junit(id: string, options?: CallOptions): Promise<string> {
    return this.#api.text("GET /v1/test-runs/{id}/junit.xml", { ...options, path: { id } });
  }

  /** No further trial begins. */
  async cancel(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/test-runs/{id}/cancel", { ...options, path: { id } });
  }
}
