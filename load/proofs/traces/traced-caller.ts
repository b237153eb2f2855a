import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 50;
const LONGEST_MS = 30_000;

/** The headers of a caller that records its traces, and what they name. */
export interface CallerTrace {
  trace_id: string;
  /** The caller's span. */
  span_id: string;
  headers: Record<string, string>;
}

/** A caller's trace that is recorded, or is not. */
export function newCallerTrace(isSampled = true): CallerTrace {
  const [trace_id, span_id] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  return { trace_id, span_id, headers: { traceparent: `00-${trace_id}-${span_id}-0${isSampled ? 1 : 0}` } };
}

/** Resolves with what `read` gives once it gives something. Throws after half a minute. */
export async function eventually<T>(what: string, read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await sleep(POLL_MS);
  }
}

/** A tenant's caller, whose requests may belong to a trace. */
export class TracedCaller {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async send(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...json, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const said = await response.text();
    return { status: response.status, headers: response.headers, text: said };
  }

  /** Executes, whole or streamed, and returns the execution's id. Fails where that fails. */
  async execute(body: object, trace?: CallerTrace): Promise<string> {
    const reply = await this.send("POST", "/v1/executions", body, trace?.headers);
    if (reply.status >= 300) throw new Error(`an execution ended with ${reply.status}: ${reply.text}`);
    return reply.headers.get("x-pbt-execution-id") ?? "";
  }

  /** Executes later, and waits for the end. */
  async executeLater(body: object, trace?: CallerTrace): Promise<string> {
    const id = await this.execute({ ...body, async: true }, trace);
    await this.#ended(`/v1/executions/${id}`);
    return id;
  }

  /** Executes a batch, and waits for its end. */
  async executeBatch(body: object, trace?: CallerTrace): Promise<void> {
    const reply = await this.send("POST", "/v1/batches", body, trace?.headers);
    const { id } = JSON.parse(reply.text) as { id: string };
    await this.#ended(`/v1/batches/${id}`);
  }

  async #ended(path: string): Promise<void> {
    await eventually(`the end of ${path}`, async () => {
      const { status } = JSON.parse((await this.send("GET", path)).text) as { status: string };
      return ["queued", "running"].includes(status) ? undefined : status;
    });
  }
}
