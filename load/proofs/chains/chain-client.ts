import { setTimeout as sleep } from "node:timers/promises";
import type { CallRecord } from "../../mock/call-record.ts";

/** Each step has a model of its own, by which the mock's log knows it. */
export const STEPS = [
  { id: "triage", model: "gpt-4o-mini" },
  { id: "facts", model: "gpt-4.1-mini" },
  { id: "draft", model: "gpt-4o" },
  { id: "review", model: "gpt-4.1" },
  { id: "reply", model: "gpt-6-luna" },
];

/** When the server is killed: while a step's call is under way, or once the run has its answer. */
export interface KillPlan {
  form: string;
  step: string;
  moment: "call" | "answer";
}

/** A run as the API shows it. */
export interface ShownRun {
  id: string;
  status: string;
  ended_at: string | null;
  cost_usd: number;
  steps: { id: string; status: string; items: { executions: string[] }[] }[];
}

/** An execution as the API shows it. */
export interface ShownExecution {
  id: string;
  status: string;
  cost_usd: number;
  metadata: { chain_step: string };
}

const POLL_MS = 20;
const FINISH_MS = 180_000;

/** A client of the chain API, whose server dies and comes back at another address. */
export class ChainClient {
  readonly #url: () => string;
  readonly #key: string;
  #runs = 0;

  constructor(url: () => string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Publishes a prompt for each step, and the chain: each step reads the one before. */
  async publish(): Promise<void> {
    for (const { id, model } of STEPS) {
      const prompt = { template: "{{ text }}", model, variables: ["text"], settings: { max_tokens: 60 } };
      await this.#json("PUT", `/v1/prompts/${id}`, prompt);
    }
    const steps = STEPS.map(({ id }, at) => {
      const text = `${id}: {{ ${at === 0 ? "inputs.ticket" : `steps.${STEPS[at - 1]?.id}.output`} }}`;
      return { id, prompt: id, variables: { text } };
    });
    await this.#json("PUT", "/v1/chains/five", { inputs: ["ticket"], steps });
  }

  /** Starts a run and gives its id, also where its reply never comes. Throws if it is refused. */
  async start(form: string): Promise<string> {
    this.#runs += 1;
    const body = { inputs: { ticket: `ticket ${this.#runs}` }, async: form === "async", stream: form === "stream" };
    const known = new Set(await this.#ids());
    const reply = this.#json<ShownRun>("POST", "/v1/chains/five/execute", body);
    if (form === "async") return (await reply).id;
    const found = this.#until(async () => (await this.#ids()).find((id) => !known.has(id)));
    return Promise.race([found, reply.then(async () => found)]);
  }

  /** Waits until the call of a step is under way, or the run has its answer. */
  async reach(id: string, { step, moment }: KillPlan, calls: () => Promise<CallRecord[]>): Promise<void> {
    const model = STEPS.find((each) => each.id === step)?.model;
    await this.#until(async () => {
      if (moment === "call") return (await calls()).some((call) => call.model === model) || undefined;
      const { steps } = await this.#json<ShownRun>("GET", `/v1/chain-runs/${id}`);
      return steps.find((each) => each.id === step)?.status === "succeeded" || undefined;
    });
  }

  /** The run, once it has ended. */
  async finish(id: string): Promise<ShownRun> {
    return this.#until(async () => {
      const shown = await this.#json<ShownRun>("GET", `/v1/chain-runs/${id}`);
      return shown.ended_at === null ? undefined : shown;
    });
  }

  /** The records of all its executions. */
  async records({ steps }: ShownRun): Promise<ShownExecution[]> {
    const ids = steps.flatMap(({ items }) => items.flatMap(({ executions }) => executions));
    return Promise.all(ids.map(async (id) => this.#json<ShownExecution>("GET", `/v1/executions/${id}`)));
  }

  /** The ids of the newest runs, the newest first. */
  async #ids(): Promise<string[]> {
    const { data } = await this.#json<{ data: { id: string }[] }>("GET", "/v1/chain-runs");
    return data.map(({ id }) => id);
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

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${this.#key}`, "content-type": "application/json" };
    const response = await fetch(this.#url() + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text.startsWith("{") ? JSON.parse(text) : {}) as T;
  }
}
