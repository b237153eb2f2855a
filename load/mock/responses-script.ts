import type { ResponseOutputItem, ResponseStreamEvent } from "openai/resources/responses/responses";

import { callsOf, endedResponse, itemsBefore, messageOf, outputOf, responseOf } from "./responses-output.ts";
import type { StreamScript, WireReply } from "./wire.ts";

/** An event of any type, without its number. */
type Event = {
  [Type in ResponseStreamEvent["type"]]: { type: Type } & Record<string, unknown>;
}[ResponseStreamEvent["type"]];

/**
 * The events of a streamed response. The message begins with its first piece. The last event has
 * the whole response, so the text is gathered; there is no end mark after it.
 */
export class ResponseScript implements StreamScript {
  readonly opening: string;
  readonly done = "";
  readonly garbage = `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"\n\n`;
  readonly #reply: WireReply;
  readonly #at: number;
  #text = "";
  #number = 0;

  constructor(reply: WireReply) {
    this.#reply = reply;
    const before = itemsBefore(reply);
    this.#at = before.length;
    const response = responseOf(reply, "in_progress");
    this.opening = this.#sse([
      { type: "response.created", response },
      { type: "response.in_progress", response },
      ...before.flatMap((item, index) => this.#itemEvents(item, index)),
    ]);
  }

  delta(piece: string): string {
    const isFirst = this.#text === "";
    this.#text += piece;
    const { id, refused } = this.#reply;
    const type = refused ? "response.refusal.delta" : "response.output_text.delta";
    const at = { item_id: `msg_${id}`, output_index: this.#at, content_index: 0 };
    const begun: Event[] = isFirst
      ? [{ type: "response.output_item.added", output_index: this.#at, item: this.#message("") }]
      : [];
    return this.#sse([...begun, { type, ...at, delta: piece, ...(refused ? {} : { logprobs: [] }) }]);
  }

  get closing(): string {
    const output = outputOf(this.#reply, this.#text);
    const rest = output.slice(this.#at).flatMap((item, index) => this.#itemEvents(item, this.#at + index));
    const response = endedResponse(this.#reply, output);
    const type = response.status === "incomplete" ? "response.incomplete" : "response.completed";
    return this.#sse([...rest, { type, response }]);
  }

  #message(text: string): ResponseOutputItem {
    return messageOf(this.#reply, text);
  }

  /** The events of an item beside its text: its pieces, if it has any, and its end. */
  #itemEvents(item: ResponseOutputItem, output_index: number): Event[] {
    const done: Event = { type: "response.output_item.done", output_index, item };
    if (item.type === "message") return [done];
    const at = { item_id: String(item.id), output_index };
    const pieces: Event[] = [];
    if (item.type === "reasoning") {
      const [text = ""] = item.summary.map((part) => part.text);
      const of = { ...at, summary_index: 0 };
      pieces.push({ type: "response.reasoning_summary_part.added", ...of, part: { type: "summary_text", text: "" } });
      pieces.push({ type: "response.reasoning_summary_text.delta", ...of, delta: text });
    }
    const call = callsOf(this.#reply).find(({ id }) => id === item.id);
    if (call) {
      const middle = Math.ceil(call.arguments.length / 2);
      for (const delta of [call.arguments.slice(0, middle), call.arguments.slice(middle)]) {
        pieces.push({ type: "response.function_call_arguments.delta", ...at, delta });
      }
    }
    return [{ type: "response.output_item.added", output_index, item }, ...pieces, done];
  }

  #sse(events: readonly Event[]): string {
    const numbered = events.map((event) => ({ ...event, sequence_number: this.#number++ }));
    return numbered.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  }
}
