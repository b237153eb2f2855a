import { setTimeout as sleep } from "node:timers/promises";

/** What is known of a prompt: the texts that were acknowledged, by version, and the others sent. */
interface KnownPrompt {
  acknowledged: Map<number, string>;
  unknown: Set<string>;
}

/** What a writer waited for an answer, ms, and what went wrong while the server was up. */
export interface WriterLog {
  latencies: number[];
  writes: number;
  reads: number;
  cutOff: number;
  failures: string[];
  /** Requests that took more than two seconds. */
  slow: string[];
}

/** Where the server is, and whether it is meant to answer. */
export interface ServerPlace {
  urls: () => readonly string[];
  isUp: () => boolean;
  /** When it was started last, as `performance.now()` has it. */
  upSince: () => number;
}

const SLOW_MS = 2_000;
const NAMES = ["a", "b", "c", "d", "e"];

/**
 * Callers that publish versions of prompts, add keys and read back what was acknowledged, each time
 * from another isolate than the one that wrote.
 */
export class Writers {
  readonly log: WriterLog = { latencies: [], writes: 0, reads: 0, cutOff: 0, failures: [], slow: [] };
  readonly #place: ServerPlace;
  readonly #keys: readonly string[];
  readonly #prompts = new Map<string, KnownPrompt>();
  readonly #apiKeys = new Map<string, Set<string>>();
  #turn = 0;
  #isStopping = false;

  constructor(place: ServerPlace, keys: readonly string[]) {
    this.#place = place;
    this.#keys = keys;
  }

  /** Starts callers. The function that comes back ends them. */
  start(callers: number): () => Promise<void> {
    const working = Promise.all(Array.from({ length: callers }, async (_, caller) => this.#work(caller)));
    return async () => {
      this.#isStopping = true;
      await working;
    };
  }

  /** Every acknowledged write is read back. Returns what is missing, or twice. */
  async check(): Promise<string[]> {
    const faults: string[] = [];
    for (const [id, { acknowledged, unknown }] of this.#prompts) {
      if (acknowledged.size === 0) continue;
      const [key = "", name = ""] = id.split(" ");
      for (const [version, text] of acknowledged) {
        const found = await this.#call("GET", `/v1/prompts/${name}?version=${version}`, key);
        if (!JSON.stringify(found?.body ?? null).includes(text))
          faults.push(`version ${version} of ${name} is not ${text}`);
      }
      const listed = await this.#call("GET", `/v1/prompts/${name}/versions?limit=200`, key);
      const versions = ((listed?.body as { data?: { version: number }[] } | undefined)?.data ?? []).length;
      if (versions > acknowledged.size + unknown.size)
        faults.push(`${name} has ${versions} versions, more than were sent`);
    }
    for (const key of this.#keys) {
      const written = [...this.#prompts].filter(([, { acknowledged }]) => acknowledged.size > 0).map(([id]) => id);
      const names = written.flatMap((id) => (id.startsWith(`${key} `) ? [id.split(" ")[1]] : []));
      const listed = await this.#call("GET", "/v1/prompts?limit=200", key);
      const found = ((listed?.body as { data?: { name: string }[] } | undefined)?.data ?? []).map(({ name }) => name);
      if (new Set(found).size !== found.length) faults.push(`a list has a prompt twice: ${found.join(", ")}`);
      for (const name of names) if (!found.includes(name ?? "")) faults.push(`a list lacks ${name}`);
      const keys = await this.#call("GET", "/v1/keys?limit=200", key);
      const ids = ((keys?.body as { data?: { id: string }[] } | undefined)?.data ?? []).map(({ id }) => id);
      for (const id of this.#apiKeys.get(key) ?? []) if (!ids.includes(id)) faults.push(`the key ${id} is lost`);
    }
    return faults;
  }

  /** How many versions and keys were acknowledged. */
  get acknowledged(): number {
    const versions = [...this.#prompts.values()].reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
    return versions + [...this.#apiKeys.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async #work(caller: number): Promise<void> {
    for (let turn = caller; !this.#isStopping; turn += 7) {
      if (!this.#place.isUp()) {
        await sleep(20);
        continue;
      }
      const key = this.#keys[turn % this.#keys.length] ?? "";
      if (turn % 5 === 0) await this.#addKey(key, `k${caller}-${turn}`);
      else await this.#publish(key, NAMES[(turn + caller) % NAMES.length] ?? "a", `text ${caller}-${turn}.`);
    }
  }

  async #publish(key: string, name: string, text: string): Promise<void> {
    const prompt = { name, messages: [{ role: "user", content: text }], model: "gpt-4o-mini" };
    const known = this.#prompts.get(`${key} ${name}`) ?? { acknowledged: new Map(), unknown: new Set() };
    this.#prompts.set(`${key} ${name}`, known);
    const reply = await this.#call("PUT", `/v1/prompts/${name}`, key, prompt);
    if (!reply) return void known.unknown.add(text);
    const { version } = reply.body as { version: number };
    if (known.acknowledged.has(version)) this.log.failures.push(`version ${version} of ${name} was given twice`);
    known.acknowledged.set(version, text);
    this.log.writes += 1;
    const read = await this.#call("GET", `/v1/prompts/${name}?version=${version}`, key);
    if (!read) return;
    this.log.reads += 1;
    if (!JSON.stringify(read.body).includes(text)) this.log.failures.push(`a read lacks version ${version} of ${name}`);
  }

  async #addKey(key: string, name: string): Promise<void> {
    const reply = await this.#call("POST", "/v1/keys", key, { name, scopes: ["prompts:read"] });
    if (!reply) return;
    const { id } = reply.body as { id: string };
    this.#apiKeys.set(key, (this.#apiKeys.get(key) ?? new Set()).add(id));
    this.log.writes += 1;
  }

  /** Undefined where the server was killed meanwhile: what became of it is not known. */
  async #call(method: string, path: string, key: string, json?: unknown) {
    this.#turn += 1;
    const urls = this.#place.urls();
    const url = urls[this.#turn % urls.length] ?? "";
    const startedAt = performance.now();
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    try {
      const response = await fetch(url + path, {
        method,
        headers,
        body: json === undefined ? undefined : JSON.stringify(json),
      });
      const body: unknown = await response.json();
      if (response.ok) {
        const ms = performance.now() - startedAt;
        this.log.latencies.push(ms);
        const sinceStart = (startedAt - this.#place.upSince()).toFixed(0);
        if (ms > SLOW_MS)
          this.log.slow.push(`${method} ${path} took ${ms.toFixed(0)} ms, begun ${sinceStart} ms after a start`);
        return { body };
      }
      if (this.#place.isUp()) this.log.failures.push(`${method} ${path}: ${response.status} ${JSON.stringify(body)}`);
    } catch (error) {
      if (this.#place.isUp()) this.log.failures.push(`${method} ${path}: ${String(error)}`);
    }
    this.log.cutOff += 1;
    return undefined;
  }
}
