import type { StreamPart } from "../../domain/completions/completion.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import { recordOr, textOr } from "../wire.ts";

/** Puts blocks of `tool_use` together whose input comes in pieces of JSON. */
export class StreamedToolUse {
  #open: ToolCall | undefined;
  #count = 0;

  /** Takes an event, and gives the call that is complete with it. */
  *add(event: Record<string, unknown>): Generator<StreamPart> {
    const { type, content_block, delta } = event;
    if (type === "content_block_start") {
      const block = recordOr(content_block);
      if (block["type"] !== "tool_use") return;
      this.#open = { id: textOr(block["id"], ""), name: textOr(block["name"], ""), arguments: "" };
    } else if (type === "content_block_delta" && this.#open) {
      this.#open.arguments += textOr(recordOr(delta)["partial_json"], "");
    } else if (type === "content_block_stop" && this.#open) {
      const call = { ...this.#open, arguments: this.#open.arguments || "{}" };
      this.#open = undefined;
      yield { type: "tool_call", index: this.#count, call };
      this.#count += 1;
    }
  }
}
