/** How a batch stands, as the API tells it. */
export interface BatchState {
  id: string;
  status: string;
  counts: { total: number; queued: number; running: number; succeeded: number; failed: number; cancelled: number };
  cost_usd: number;
}

/** One line of a batch's results. */
export interface ResultLine {
  custom_id: string;
  index: number;
  status: string;
  execution?: { id: string; status: string; cost_usd: number; output: string };
}

/** A caller of the batch API with one key. Every call throws where the answer is not the one hoped for, or the server is gone. */
export interface BatchClient {
  publish(name: string, yaml: string): Promise<void>;
  upload(prompt: string, lines: string | ReadableStream<Uint8Array>): Promise<BatchState>;
  get(id: string): Promise<BatchState>;
  results(id: string): Promise<ResultLine[]>;
  /** Every execution on record, newest first. */
  executions(): Promise<Array<{ id: string; status: string; cost_usd: number }>>;
  usage(): Promise<{ executions: number; cost_usd: number; errors: number }>;
}

/** The client; the address may change between calls. */
export function createBatchClient(url: () => string, key: string): BatchClient {
  async function call(path: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${key}` };
    const response = await fetch(url() + path, { ...init, headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }
  async function read<T>(path: string, init?: RequestInit & { duplex?: "half" }): Promise<T> {
    return (await (await call(path, init)).json()) as T;
  }
  return {
    async publish(name, body) {
      await read(`/v1/prompts/${name}`, { method: "PUT", headers: { "content-type": "application/yaml" }, body });
    },
    upload: (prompt, body) =>
      read(`/v1/batches?prompt=${prompt}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body,
        duplex: "half",
      }),
    get: (id) => read(`/v1/batches/${id}`),
    async results(id) {
      const text = await (await call(`/v1/batches/${id}/results`)).text();
      return text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as ResultLine);
    },
    async executions() {
      const all = [];
      for (let cursor = ""; ;) {
        const page = await read<{
          data: Array<{ id: string; status: string; cost_usd: number }>;
          next_cursor: string | null;
        }>(`/v1/executions?limit=200${cursor}`);
        all.push(...page.data);
        if (page.next_cursor === null) return all;
        cursor = `&cursor=${page.next_cursor}`;
      }
    },
    async usage() {
      const { data } = await read<{ data: Array<{ executions: number; cost_usd: number; errors: number }> }>(
        "/v1/usage",
      );
      return data[0] ?? { executions: 0, cost_usd: 0, errors: 0 };
    },
  };
}

/** Items as NDJSON, each with a text of its own. */
export function ndjson(name: string, count: number): string {
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({ custom_id: `${name}-${n}`, variables: { item: `${name}-${n}` } }),
  ).join("\n");
}

/** The prompt of the chaos: a few words around the item, so that each call is told from every other by its body. */
export const CHAOS_PROMPT = `name: chaos
model: gpt-4o-mini
template: |
  Say something about {{ item }}.
variables:
  item: {type: string, required: true}
max_tokens: 32
`;
