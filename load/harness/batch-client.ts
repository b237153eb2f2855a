import { setTimeout as sleep } from "node:timers/promises";

/** A batch as `GET /v1/batches/{id}` shows it. */
export interface BatchState {
  id: string;
  status: string;
  counts: { total: number; queued: number; running: number; succeeded: number; failed: number; cancelled: number };
  cost_usd: number;
  ended_at: string | null;
}

/** One line of a batch's results. */
export interface BatchResultLine {
  custom_id: string;
  index: number;
  status: string;
  execution?: { id: string; status: string; cost_usd: number; output: string };
}

/** An execution as `GET /v1/executions` lists it. */
export interface ListedExecution {
  id: string;
  status: string;
  model: string | null;
  cached: string | false;
  cost_usd: number;
}

type RequestOptions = RequestInit & { duplex?: "half" };

const POLL_MS = 250;

/**
 * A client of the batch API with one API key. Every method throws where the server refuses or is
 * down.
 */
export class BatchClient {
  readonly #url: () => string;
  readonly #key: string;

  /** `url` is called for each request, because a restarted server has a new address. */
  constructor(url: () => string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Publishes a prompt given as YAML. */
  async publish({ name, yaml }: { name: string; yaml: string }): Promise<void> {
    const headers = { "content-type": "application/yaml" };
    await this.#json(`/v1/prompts/${name}`, { method: "PUT", headers, body: yaml });
  }

  /** Creates a batch of NDJSON items; in the mode that the server chooses where none is given. */
  async upload(prompt: string, body: string, mode?: "queue" | "provider"): Promise<BatchState> {
    const headers = { "content-type": "application/x-ndjson" };
    const path = `/v1/batches?prompt=${prompt}${mode === undefined ? "" : `&mode=${mode}`}`;
    return this.#json(path, { method: "POST", headers, body, duplex: "half" });
  }

  /** Has an execution accepted that is made later, and returns its id. */
  async acceptExecution(prompt: string, variables: Record<string, unknown>): Promise<string> {
    const body = JSON.stringify({ prompt, variables, async: true, cache: false });
    const headers = { "content-type": "application/json" };
    return (await this.#json<{ id: string }>("/v1/executions", { method: "POST", headers, body })).id;
  }

  /** The status of an execution; `queued` or `running` before its end. */
  async statusOf(id: string): Promise<string> {
    return (await this.#json<{ status: string }>(`/v1/executions/${id}`)).status;
  }

  /** Reads a batch. */
  async get(id: string): Promise<BatchState> {
    return this.#json(`/v1/batches/${id}`);
  }

  /** Reads a batch until every item has ended or `forMs` are over, and returns its last state. */
  async watch(id: string, forMs: number): Promise<BatchState> {
    const until = performance.now() + forMs;
    let state = await this.get(id);
    while (openItems(state) > 0 && performance.now() < until) {
      await sleep(POLL_MS);
      state = await this.get(id);
    }
    return state;
  }

  /** All results of a batch. */
  async results(id: string): Promise<BatchResultLine[]> {
    const text = await (await this.#send(`/v1/batches/${id}/results`)).text();
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as BatchResultLine);
  }

  /** Every execution on record, newest first. */
  async executions(): Promise<ListedExecution[]> {
    const all: ListedExecution[] = [];
    for (let cursor = ""; ;) {
      const path = `/v1/executions?limit=200${cursor}`;
      const page = await this.#json<{ data: ListedExecution[]; next_cursor: string | null }>(path);
      all.push(...page.data);
      if (page.next_cursor === null) return all;
      cursor = `&cursor=${page.next_cursor}`;
    }
  }

  /** The tenant's usage in one row. */
  async usage(): Promise<{ executions: number; cost_usd: number; errors: number }> {
    const { data } = await this.#json<{ data: Array<{ executions: number; cost_usd: number; errors: number }> }>(
      "/v1/usage",
    );
    return data[0] ?? { executions: 0, cost_usd: 0, errors: 0 };
  }

  async #json<T>(path: string, options?: RequestOptions): Promise<T> {
    return (await (await this.#send(path, options)).json()) as T;
  }

  async #send(path: string, options: RequestOptions = {}): Promise<Response> {
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      authorization: `Bearer ${this.#key}`,
    };
    const response = await fetch(this.#url() + path, { ...options, headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }
}

/** The number of items that have not ended. */
export function openItems({ counts }: BatchState): number {
  return counts.queued + counts.running;
}

/** Items for {@link ITEM_PROMPT} as NDJSON, named `NAME-0`, `NAME-1` and so on. */
export function itemLines(name: string, count: number): string {
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({ custom_id: `${name}-${n}`, variables: { item: `${name}-${n}` } }),
  ).join("\n");
}

/** A short prompt that contains its item, so that no two items give the same request body. */
export const ITEM_PROMPT = {
  name: "item",
  yaml: `name: item
model: gpt-4o-mini
template: |
  Say something about {{ item }}.
variables:
  item: {type: string, required: true}
max_tokens: 32
`,
};
