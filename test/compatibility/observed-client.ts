import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import worker from "../../src/index.ts";
import type { Observed } from "./observed-env.ts";
import type { AnsweredRequest } from "./recording.ts";

/** What a request is made with. */
interface Sent {
  key?: string;
  json?: unknown;
  yaml?: string;
  headers?: Record<string, string>;
}

/** A client of a Worker whose bindings are observed, and what it asks that is to be asked again. */
export class Client {
  readonly observed: Observed;
  readonly #requests: AnsweredRequest[] = [];
  readonly #beforeRequest: () => void;
  key = "";

  constructor(observed: Observed, beforeRequest: () => void) {
    this.observed = observed;
    this.#beforeRequest = beforeRequest;
  }

  get requests(): AnsweredRequest[] {
    return this.#requests;
  }

  /** Sends a request, which must succeed. */
  async send<T = Record<string, never>>(method: string, path: string, sent: Sent = {}): Promise<T> {
    const { status, answer } = await this.#exchange(method, path, sent);
    if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`);
    return answer as T;
  }

  /** Sends a request whose answer is recorded. */
  async read(method: string, path: string, sent: Sent = {}): Promise<{ answer: unknown; cookie: string }> {
    const { cookie, ...request } = await this.#exchange(method, path, sent);
    this.#requests.push(request);
    return { answer: request.answer, cookie };
  }

  async #exchange(method: string, path: string, sent: Sent): Promise<AnsweredRequest & { cookie: string }> {
    this.#beforeRequest();
    const body = sent.yaml ?? (sent.json === undefined ? undefined : JSON.stringify(sent.json));
    const headers: Record<string, string> = { ...sent.headers };
    if (!headers["cookie"]) headers["authorization"] = `Bearer ${sent.key ?? this.key}`;
    if (body !== undefined) headers["content-type"] = sent.yaml === undefined ? "application/json" : "application/yaml";
    const request = { method, path, headers, ...(body === undefined ? {} : { body }) };
    return { ...request, ...(await ask(this.observed.env, request)) };
  }
}

/** A request to a Worker with some bindings. Resolves once the work behind the answer is done. */
export async function ask(
  bindings: Env,
  { method, path, headers, body }: Pick<AnsweredRequest, "method" | "path" | "headers" | "body">,
): Promise<Pick<AnsweredRequest, "status" | "answer"> & { cookie: string }> {
  const context = createExecutionContext();
  const request = new Request(`https://edge.test${path}`, { method, headers, body });
  const response = await worker.fetch(request, bindings, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  const answer: unknown = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  return { status: response.status, answer, cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "" };
}
