import { setTimeout as sleep } from "node:timers/promises";

/** What a run of the API is: which route starts it, and how its result counts its executions. */
export interface Experiment {
  kind: "comparison" | "optimization" | "test_run";
  path: string;
  body: object;
  key: string;
  /** What it may cost; absent without a limit. */
  max_cost_usd?: number;
}

/** A comparison, an optimisation or a test run as the API shows it: what all of them have. */
export interface ShownExperiment {
  id: string;
  status: string;
  cost_usd: number | null;
  stopped?: string | null;
  total?: number;
  done?: number;
  /** Comparisons. */
  inputs?: { answers: { subject: number; execution_id: string | null }[] }[];
  /** Test runs. */
  results?: { execution_id: string | null; repeats?: number }[];
  /** Optimisations. */
  candidates?: { trials: number; origin: string }[];
  failed_proposals?: string[];
  confirmation?: { pairs: number; planned: number } | null;
  published?: number | null;
  reason?: string | null;
}

/** An execution as the API lists it. */
export interface ListedExecution {
  id: string;
  status: string;
  cost_usd: number | null;
  attempts: number;
  model: string | null;
  metadata: Record<string, unknown> | null;
  error?: { detail: string } | null;
}

const READ_AT: Record<Experiment["kind"], string> = {
  comparison: "/v1/comparisons/",
  optimization: "/v1/optimizations/",
  test_run: "/v1/test-runs/",
};
const POLL_MS = 100;
const FINISH_MS = 240_000;
const PAGE = 200;

/** A client of the API whose server dies and comes back at another address. */
export class ExperimentClient {
  readonly #url: () => string;
  readonly #key: string;

  constructor(url: () => string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Publishes a version of a prompt. */
  async publish(name: string, prompt: object): Promise<void> {
    await this.#json("PUT", `/v1/prompts/${name}`, prompt);
  }

  /**
   * Asks for an experiment until it is told of one, however often the server dies: the idempotency
   * key makes it one.
   */
  async start({ path, body, key }: Experiment): Promise<ShownExperiment> {
    return this.#until(async () => this.#json<ShownExperiment>("POST", path, body, { "idempotency-key": key }));
  }

  /** The experiment, once it has ended. */
  async finish({ kind }: Experiment, id: string): Promise<ShownExperiment> {
    return this.#until(async () => {
      const shown = await this.#json<ShownExperiment>("GET", `${READ_AT[kind]}${id}`);
      return shown.status === "running" ? undefined : shown;
    });
  }

  /** All executions on record. */
  async executions(): Promise<ListedExecution[]> {
    const all: ListedExecution[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = await this.#json<{ data: ListedExecution[]; next_cursor: string | null }>(
        "GET",
        `/v1/executions?limit=${PAGE}${from}`,
      );
      all.push(...page.data);
      cursor = page.next_cursor;
    }
    return all;
  }

  /** Asks until there is an answer. The server may be down in between. */
  async #until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    const began = performance.now();
    for (;;) {
      let cause: unknown;
      const answer = await ask().catch((error: unknown) => void (cause = error));
      if (answer !== undefined) return answer;
      if (performance.now() - began > FINISH_MS) throw new Error(`waited in vain: ${String(ask)}`, { cause });
      await sleep(POLL_MS);
    }
  }

  async #json<T>(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<T> {
    const headers = { authorization: `Bearer ${this.#key}`, "content-type": "application/json", ...more };
    const response = await fetch(this.#url() + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
