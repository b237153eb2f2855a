import { LineSplitter } from "../lib/line-splitter.ts";
import { SseParser } from "../lib/sse-parser.ts";
import type { Api } from "./api.ts";
import { ConnectionError } from "./errors.ts";
import type { CallOptions, OperationBody, OperationQuery, OperationResult } from "./operations.ts";

/** A batch with its counts and what it has cost so far. */
export type BatchReply = OperationResult<"GET /v1/batches/{id}">;

/** How one item of a batch stands. */
export type BatchItem = OperationResult<"GET /v1/batches/{id}/results">;

/** What watching a batch tells: each change of it, and at its end the batch. */
export type BatchEvent =
  ({ type: "progress" } & Pick<BatchReply, "status" | "counts" | "cost_usd">) | { type: "done"; batch: BatchReply };

/** So many watches that break off before their first event are too many. */
const SILENT_WATCHES = 5;

/** Calls about batches. */
export class BatchesApi {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Accepts up to 50,000 items. */
  async create(body: Exclude<OperationBody<"POST /v1/batches">, string>, options?: CallOptions) {
    return this.#api.request("POST /v1/batches", { ...options, body });
  }

  /** How a batch stands. */
  async get(id: string, options?: CallOptions) {
    return this.#api.request("GET /v1/batches/{id}", { ...options, path: { id } });
  }

  /** The batches, newest first. */
  list(query: OperationQuery<"GET /v1/batches"> = {}, options?: CallOptions) {
    return this.#api.list("GET /v1/batches", { ...options, query });
  }

  /** The items in their order, each as it stands at the moment. */
  async *items(id: string, options: CallOptions = {}): AsyncGenerator<BatchItem> {
    const response = await this.#api.response("GET /v1/batches/{id}/results", { ...options, path: { id } });
    const lines = new LineSplitter();
    const itemIn = (line: string) => JSON.parse(line) as BatchItem;
    for await (const piece of this.#api.pieces(response, options)) {
      for (const line of lines.push(piece)) if (line.trim() !== "") yield itemIn(line);
    }
    if (lines.rest.trim() !== "") yield itemIn(lines.rest);
  }

  /** Each change of a batch until its end. A connection that ends before is opened again. */
  async *watch(id: string, options: CallOptions = {}): AsyncGenerator<BatchEvent> {
    for (let silent = 0; silent < SILENT_WATCHES; silent += 1) {
      try {
        const response = await this.#api.response("GET /v1/batches/{id}/events", { ...options, path: { id } });
        for await (const event of this.#events(response, options)) {
          yield event;
          if (event.type === "done") return;
          silent = 0;
        }
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
      }
    }
    throw new ConnectionError(`the events of ${id} broke off ${SILENT_WATCHES} times before the first`);
  }

  /** No further item starts. */
  async cancel(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/batches/{id}/cancel", { ...options, path: { id } });
  }

  /** Executes the failed items again. */
  async redrive(id: string, options?: CallOptions) {
    return this.#api.request("POST /v1/batches/{id}/redrive", { ...options, path: { id } });
  }

  async *#events(response: Response, options: CallOptions): AsyncGenerator<BatchEvent> {
    const parser = new SseParser();
    for await (const piece of this.#api.pieces(response, options)) {
      for (const { event, data } of parser.push(piece)) {
        if (event === "done") yield { type: event, batch: JSON.parse(data) as BatchReply };
        if (event === "progress") yield { type: event, ...JSON.parse(data) };
      }
    }
  }
}
