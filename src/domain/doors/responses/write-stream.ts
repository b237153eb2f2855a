import type { Said } from "../../completions/completion.ts";
import type { AppError } from "../../errors.ts";
import type { DoorAnswer, DoorStream, DoorStreamHead } from "../door.ts";
import { openAIErrorObject } from "../openai-error.ts";
import { type OutputEvent, OutputItems } from "./output-items.ts";
import { SaidSoFar } from "./unsaid.ts";
import { endOf, itemStatusOf, outputOptions, responseError, type ResponseState, toResponse } from "./write-response.ts";

/** Writes an answer as the events of OpenAI's Responses, which are numbered. */
export class ResponsesStream implements DoorStream {
  readonly #head: DoorStreamHead;
  readonly #asked: Record<string, unknown>;
  readonly #output: OutputItems;
  readonly #said = new SaidSoFar();
  #hasBegun = false;
  #sequenceNumber = 0;

  constructor(head: DoorStreamHead, asked: Record<string, unknown>) {
    this.#head = head;
    this.#asked = asked;
    this.#output = new OutputItems(outputOptions(head, asked));
  }

  begin(): string {
    this.#hasBegun = true;
    const response = this.#response(this.#head, { status: "in_progress" });
    return this.#write([
      { type: "response.created", response },
      { type: "response.in_progress", response },
    ]);
  }

  /** A piece of nothing tells of nothing: it would begin a message that the model does not say. */
  said(part: Said): string {
    return part.type === "text" && part.text === "" ? "" : this.#say(part);
  }

  end(answer: DoorAnswer): string {
    const rest = [...this.#said.rest(answer)].map((part) => this.#say(part));
    const last = this.#write(this.#output.end(itemStatusOf(answer)));
    const end = endOf(answer);
    const response = this.#response(answer, end);
    return [...rest, last, this.#write([{ type: `response.${end.status}`, response }])].join("");
  }

  /**
   * A failed response for clients that go by its events, then the event that the official client
   * throws for. That has its error twice: the SDK's types have the fields beside the type, and
   * OpenAI's servers have them in an `error`. A response that has not begun here, or has begun as
   * its provider's own, cannot fail as ours.
   */
  fail(error: AppError, _requestId: string): string {
    const object = openAIErrorObject(error);
    const { message, code, param } = object;
    const event = { type: "error", code, message, param, error: object };
    if (!this.#hasBegun) return this.#write([event]);
    const last = this.#write(this.#output.end("incomplete"));
    const failure = responseError(error.code, message);
    const response = this.#response(this.#head, { status: "failed", error: failure });
    return last + this.#write([{ type: "response.failed", response }, event]);
  }

  #say(part: Said): string {
    this.#said.add(part);
    return this.#write(this.#output.add(part));
  }

  #response(head: Pick<DoorAnswer, "id" | "created_at" | "model">, state: Omit<ResponseState, "output">): object {
    return toResponse(head, this.#asked, { ...state, output: this.#output.items });
  }

  #write(events: Iterable<OutputEvent>): string {
    return Array.from(events, ({ type, ...event }) => {
      const data = { type, sequence_number: this.#sequenceNumber++, ...event };
      return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    }).join("");
  }
}
