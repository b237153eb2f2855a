import type { Said } from "../../completions/completion.ts";
import type { ReasoningBlock } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";
import { itemIdOf, type ItemType } from "./item-ids.ts";
import { sealReasoning } from "./sealed-reasoning.ts";

/** An item of a response's `output`. */
export interface OutputItem extends Record<string, unknown> {
  type: ItemType;
  id: string;
}

/** An event of a stream, before it has its number. */
export interface OutputEvent extends Record<string, unknown> {
  type: string;
}

/** Whether an item was said to its end. */
type ItemStatus = "completed" | "incomplete";

/** A message or reasoning whose text may go on. */
interface OpenItem {
  type: "message" | "reasoning";
  text: string;
  /** Whether the client was told of a part that has the text. */
  hasPart: boolean;
}

/** What an output is made for. */
export interface OutputOptions {
  execution_id: string;
  /** Whether the client wants to read the summary of the reasoning. */
  tells_summary: boolean;
}

/**
 * The output of a response: what the model says becomes items in its order, and each piece the
 * events that tell of it. A whole answer is made of the same items as a streamed one.
 */
export class OutputItems {
  /** The items that have ended. */
  readonly items: OutputItem[] = [];
  readonly #options: OutputOptions;
  #open: OpenItem | undefined;

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  *add(part: Said): Generator<OutputEvent> {
    switch (part.type) {
      case "text":
        yield* this.#continue("message", part.text);
        return;
      case "reasoning":
        if (this.#options.tells_summary && part.text !== "") yield* this.#continue("reasoning", part.text);
        if (part.block) yield* this.#sealed(part.block);
        return;
      case "tool_call":
        yield* this.end();
        yield* this.#call(part.call);
        return;
      case "relayed":
        return;
    }
  }

  /** The end of the item that is open, if one is. */
  *end(status: ItemStatus = "completed", sealed?: string): Generator<OutputEvent> {
    const open = this.#open;
    if (!open) return;
    const at = this.#place(open.type);
    if (open.hasPart && open.type === "message") {
      const part = textPart(open.text);
      yield { type: "response.output_text.done", ...at, content_index: 0, text: open.text, logprobs: [] };
      yield { type: "response.content_part.done", ...at, content_index: 0, part };
    } else if (open.hasPart) {
      yield { type: "response.reasoning_summary_text.done", ...at, summary_index: 0, text: open.text };
      yield { type: "response.reasoning_summary_part.done", ...at, summary_index: 0, part: summaryPart(open.text) };
    }
    yield this.#done(toItem(at.item_id, open, status, sealed));
  }

  /** A piece of the text of the open item, or of a new one. */
  *#continue(type: OpenItem["type"], delta: string): Generator<OutputEvent> {
    if (this.#open?.type !== type) {
      yield* this.end();
      yield* this.#begin(type);
    }
    if (this.#open && !this.#open.hasPart) yield* this.#addPart(this.#open);
    if (!this.#open || delta === "") return;
    this.#open.text += delta;
    const at = this.#place(type);
    yield type === "message"
      ? { type: "response.output_text.delta", ...at, content_index: 0, delta, logprobs: [] }
      : { type: "response.reasoning_summary_text.delta", ...at, summary_index: 0, delta };
  }

  *#begin(type: OpenItem["type"]): Generator<OutputEvent> {
    const { item_id, output_index } = this.#place(type);
    const item = type === "message" ? message(item_id, "in_progress", []) : { id: item_id, type, summary: [] };
    yield { type: "response.output_item.added", output_index, item };
    this.#open = { type, text: "", hasPart: false };
  }

  *#addPart(open: OpenItem): Generator<OutputEvent> {
    const at = this.#place(open.type);
    yield open.type === "message"
      ? { type: "response.content_part.added", ...at, content_index: 0, part: textPart("") }
      : { type: "response.reasoning_summary_part.added", ...at, summary_index: 0, part: summaryPart("") };
    open.hasPart = true;
  }

  /** The end of reasoning that its provider takes back. */
  *#sealed(block: ReasoningBlock): Generator<OutputEvent> {
    const sealed = sealReasoning(block);
    if (this.#open?.type !== "reasoning") {
      if (sealed === undefined) return;
      yield* this.end();
      yield* this.#begin("reasoning");
    }
    yield* this.end("completed", sealed);
  }

  /** A call of a tool. Clients parse its arguments, of which a model may say nothing. */
  *#call({ id, name, arguments: text }: ToolCall): Generator<OutputEvent> {
    const at = this.#place("function_call");
    const call = { id: at.item_id, type: "function_call" as const, call_id: id, name };
    const said = text === "" ? "{}" : text;
    const item = { ...call, status: "in_progress", arguments: "" };
    yield { type: "response.output_item.added", output_index: at.output_index, item };
    yield { type: "response.function_call_arguments.delta", ...at, delta: said };
    yield { type: "response.function_call_arguments.done", ...at, name, arguments: said };
    yield this.#done({ ...call, status: "completed", arguments: said });
  }

  #done(item: OutputItem): OutputEvent {
    const output_index = this.items.push(item) - 1;
    this.#open = undefined;
    return { type: "response.output_item.done", output_index, item };
  }

  /** Where the item is that is open or next. */
  #place(type: ItemType): { item_id: string; output_index: number } {
    const output_index = this.items.length;
    return { item_id: itemIdOf(type, this.#options.execution_id, output_index), output_index };
  }
}

function toItem(id: string, open: OpenItem, status: ItemStatus, sealed: string | undefined): OutputItem {
  const { type, text } = open;
  if (type === "message") return message(id, status, [textPart(text)]);
  const summary = text === "" ? [] : [summaryPart(text)];
  return { id, type, summary, ...(sealed !== undefined && { encrypted_content: sealed }) };
}

function message(id: string, status: string, content: object[]): OutputItem {
  return { id, type: "message", status, role: "assistant", content };
}

function textPart(text: string) {
  return { type: "output_text", annotations: [], logprobs: [], text };
}

function summaryPart(text: string) {
  return { type: "summary_text", text };
}
