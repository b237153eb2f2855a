import type { StreamPart } from "../../domain/completions/completion.ts";
import { recordOr, textOr } from "../wire.ts";
import { toReasoningBlock } from "./response.ts";

/** Gives the pieces of thinking as they come, and each block of it once it has ended. */
export class StreamedThinking {
  /** The blocks that have not ended, by their index. */
  readonly #open = new Map<unknown, Record<string, unknown>>();

  *add({ type, index, content_block, delta }: Record<string, unknown>): Generator<StreamPart> {
    if (type === "content_block_start") {
      const { ...block } = recordOr(content_block);
      if (block["type"] !== "thinking" && block["type"] !== "redacted_thinking") return;
      this.#open.set(index, block);
      yield* pieceOf(block["thinking"]);
    } else if (type === "content_block_delta") {
      const piece = recordOr(delta);
      const block = this.#open.get(index);
      if (piece["type"] === "thinking_delta") {
        if (block) block["thinking"] = textOr(block["thinking"], "") + textOr(piece["thinking"], "");
        yield* pieceOf(piece["thinking"]);
      } else if (piece["type"] === "signature_delta" && block) {
        // A signature comes whole.
        block["signature"] = piece["signature"];
      }
    } else if (type === "content_block_stop") {
      yield* ended(this.#open.get(index));
      this.#open.delete(index);
    }
  }

  /** Gives the blocks that did not end. */
  *rest(): Generator<StreamPart> {
    for (const block of this.#open.values()) yield* ended(block);
  }
}

function* pieceOf(thinking: unknown): Generator<StreamPart> {
  const text = textOr(thinking, "");
  if (text !== "") yield { type: "reasoning", text };
}

function* ended(block: unknown): Generator<StreamPart> {
  for (const whole of toReasoningBlock(block)) yield { type: "reasoning", text: "", block: whole };
}
