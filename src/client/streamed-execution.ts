import { SseParser } from "../lib/sse-parser.ts";
import { ConnectionError, type ProblemDetails, StreamBrokenError, errorOfProblem } from "./errors.ts";
import type { Operations } from "./api-document.d.ts";
import type { AnyRequest } from "./operations.ts";
import { textPieces } from "./text-pieces.ts";
import type { PreparedRequest, Transport } from "./transport.ts";

/** What an execution answers, whole. Money in US dollars, durations in ms. */
export type ExecutionReply = Operations["POST /v1/executions"]["replies"]["200"];

/** One event of a streamed execution. */
export type StreamEvent =
  | { type: "start"; id: string; model: string | null; prompt: ExecutionReply["prompt"] }
  | { type: "delta"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "tool_call"; index: number; id: string; name: string; arguments: unknown }
  | { type: "done"; execution: ExecutionReply };

/**
 * An execution that is answered piece by piece. It begins when it is first read, and is read once:
 * `for await (const event of stream)`, or `stream.text()`, and then `await stream.result()`.
 * Leaving the loop early closes the connection.
 */
export class StreamedExecution implements AsyncIterable<StreamEvent> {
  readonly #transport: Transport;
  readonly #prepared: PreparedRequest;
  readonly #events: AsyncGenerator<StreamEvent>;
  #executionId: string | null = null;
  #output = "";
  #result: ExecutionReply | null = null;

  constructor(transport: Transport, operation: string, request: AnyRequest) {
    this.#transport = transport;
    this.#prepared = transport.prepare(operation, request);
    this.#events = this.#read();
  }

  /** The key under which the answer is kept for a day, if the call has one. */
  get idempotencyKey(): string | null {
    return this.#prepared.idempotencyKey;
  }

  [Symbol.asyncIterator](): AsyncGenerator<StreamEvent> {
    return this.#events;
  }

  /** The pieces of the answer's text alone. */
  async *text(): AsyncGenerator<string> {
    for await (const event of this.#events) if (event.type === "delta") yield event.text;
  }

  /** The execution as a whole, with its output. Reads what has not been read yet. */
  async result(): Promise<ExecutionReply> {
    while (!(await this.#events.next()).done);
    if (!this.#result) throw this.#broken("the stream was left before its end");
    return this.#result;
  }

  async *#read(): AsyncGenerator<StreamEvent> {
    const { signal, timeoutMs } = this.#prepared;
    const response = await this.#transport.send(this.#prepared, (answer) => answer);
    const parser = new SseParser();
    try {
      for await (const piece of textPieces(response, timeoutMs, signal)) {
        for (const { event, data } of parser.push(piece)) {
          const read = this.#eventOf(event, data);
          if (read) yield read;
          if (this.#result) return;
        }
      }
    } catch (error) {
      if (error instanceof ConnectionError) throw this.#broken(error.message, error);
      throw error;
    }
    throw this.#broken("the stream ended before its last event");
  }

  /** Null for an event that this client does not know. Throws the error that one tells. */
  #eventOf(name: string, text: string): StreamEvent | null {
    const data = JSON.parse(text) as Record<string, unknown>;
    if (name === "error") throw errorOfProblem(data as unknown as ProblemDetails, { isFinal: true });
    if (name === "start") this.#executionId = data["id"] as string;
    if (name === "delta") this.#output += data["text"] as string;
    if (name === "done") {
      const execution = { ...data, output: this.#output === "" ? null : this.#output } as ExecutionReply;
      this.#result = execution;
      return { type: name, execution };
    }
    return KNOWN.has(name) ? ({ type: name, ...data } as StreamEvent) : null;
  }

  #broken(message: string, cause?: unknown): StreamBrokenError {
    return new StreamBrokenError(
      message,
      { executionId: this.#executionId, idempotencyKey: this.idempotencyKey },
      cause,
    );
  }
}

const KNOWN: ReadonlySet<string> = new Set(["start", "delta", "reasoning", "tool_call"]);
