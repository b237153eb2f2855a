import type {
  ResponseFunctionToolCall,
  ResponseOutputItem,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";

import { endedResponse, itemsBefore, outputOf, responseOf } from "./responses-output.ts";
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
  /** The place of the message in the output. */
  readonly #at: number;
  #text = "";
  #number = 0;

  constructor(reply: WireReply) {
    this.#reply = reply;
    const before = itemsBefore(reply);
    this.#at = before.length;
    const response = { ...responseOf(reply, "in_progress"), usage: null };
    this.opening = this.#sse([
      { type: "response.created", response },
      { type: "response.in_progress", response },
      ...before.flatMap(itemEvents),
    ]);
  }

  delta(piece: string): string {
    const begun = this.#text === "" ? this.#messageBegins() : [];
    this.#text += piece;
    const { refused } = this.#reply;
    const type = refused ? "response.refusal.delta" : "response.output_text.delta";
    return this.#sse([...begun, { type, ...this.#place(), delta: piece, ...(refused ? {} : { logprobs: [] }) }]);
  }

  get closing(): string {
    const output = outputOf(this.#reply, this.#text);
    const rest = output
      .slice(this.#at)
      .flatMap((item, index) =>
        item.type === "message" ? this.#messageEnds(item) : itemEvents(item, this.#at + index),
      );
    const response = endedResponse(this.#reply, output);
    const type = response.status === "incomplete" ? "response.incomplete" : "response.completed";
    return this.#sse([...rest, { type, response }]);
  }

  #place() {
    return { item_id: `msg_${this.#reply.id}`, output_index: this.#at, content_index: 0 };
  }

  #messageBegins(): Event[] {
    const { id, refused } = this.#reply;
    const item = { type: "message", id: `msg_${id}`, role: "assistant", status: "in_progress", content: [] };
    const part = refused
      ? { type: "refusal", refusal: "" }
      : { type: "output_text", text: "", annotations: [], logprobs: [] };
    return [
      { type: "response.output_item.added", output_index: this.#at, item },
      { type: "response.content_part.added", ...this.#place(), part },
    ];
  }

  #messageEnds(item: ResponseOutputItem & { type: "message" }): Event[] {
    const { refused } = this.#reply;
    const [part] = item.content;
    return [
      ...(this.#text === "" ? this.#messageBegins() : []),
      refused
        ? { type: "response.refusal.done", ...this.#place(), refusal: this.#text }
        : { type: "response.output_text.done", ...this.#place(), text: this.#text, logprobs: [] },
      { type: "response.content_part.done", ...this.#place(), part },
      { type: "response.output_item.done", output_index: this.#at, item },
    ];
  }

  #sse(events: readonly Event[]): string {
    const numbered = events.map((event) => ({ ...event, sequence_number: this.#number++ }));
    return numbered.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  }
}

/** The events of an item beside the message: it begins empty, comes in pieces and ends whole. */
function itemEvents(item: ResponseOutputItem, output_index: number): Event[] {
  const [first, pieces] =
    item.type === "reasoning"
      ? [{ ...item, summary: [] }, summaryEvents(item, output_index)]
      : item.type === "function_call"
        ? [{ ...item, arguments: "", status: "in_progress" }, argumentEvents(item, output_index)]
        : [item, []];
  return [
    { type: "response.output_item.added", output_index, item: first },
    ...pieces,
    { type: "response.output_item.done", output_index, item },
  ];
}

function summaryEvents({ id, summary }: ResponseReasoningItem, output_index: number): Event[] {
  return summary.flatMap((part, summary_index): Event[] => {
    const at = { item_id: id, output_index, summary_index };
    return [
      { type: "response.reasoning_summary_part.added", ...at, part: { ...part, text: "" } },
      { type: "response.reasoning_summary_text.delta", ...at, delta: part.text },
      { type: "response.reasoning_summary_text.done", ...at, text: part.text },
      { type: "response.reasoning_summary_part.done", ...at, part },
    ];
  });
}

function argumentEvents({ id, arguments: given }: ResponseFunctionToolCall, output_index: number): Event[] {
  const at = { item_id: id, output_index };
  const middle = Math.ceil(given.length / 2);
  return [
    ...[given.slice(0, middle), given.slice(middle)].map((delta): Event => ({
      type: "response.function_call_arguments.delta",
      ...at,
      delta,
    })),
    { type: "response.function_call_arguments.done", ...at, arguments: given },
  ];
}
