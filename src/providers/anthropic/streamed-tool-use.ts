import type { StreamPart } from "../../domain/completions/completion.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import { isRecord, recordOr, textOr } from "../wire.ts";

/** A block of `tool_use`. */
interface Block {
  call: ToolCall;
  /** What it began with, which is all of its input where a compatible server sends no pieces. */
  input: unknown;
  hasEnded: boolean;
}

/**
 * Puts blocks of `tool_use` together whose input comes in pieces of JSON, which may be those of
 * several blocks in turn. Gives the calls in the order in which their blocks began.
 */
export class StreamedToolUse {
  readonly #blocks: Block[] = [];
  /** The blocks that have not ended, by their index. */
  readonly #open = new Map<unknown, Block>();
  #given = 0;

  /** Takes an event, and gives the calls that are complete with it. */
  *add(event: Record<string, unknown>): Generator<StreamPart> {
    const { type, index, content_block, delta } = event;
    if (type === "content_block_start") {
      const { type: kind, id, name, input } = recordOr(content_block);
      if (kind !== "tool_use") return;
      const call = { id: textOr(id, ""), name: textOr(name, ""), arguments: "" };
      const block = { call, input, hasEnded: false };
      this.#blocks.push(block);
      this.#open.set(index, block);
    } else if (type === "content_block_delta") {
      const block = this.#open.get(index);
      if (block) block.call.arguments += textOr(recordOr(delta)["partial_json"], "");
    } else if (type === "content_block_stop") {
      const block = this.#open.get(index);
      if (!block) return;
      block.hasEnded = true;
      this.#open.delete(index);
      yield* this.#give(({ hasEnded }) => hasEnded);
    }
  }

  /** Gives the calls whose blocks did not end. */
  *rest(): Generator<StreamPart> {
    yield* this.#give(() => true);
  }

  *#give(isComplete: (block: Block) => boolean): Generator<StreamPart> {
    for (let next = this.#blocks[this.#given]; next && isComplete(next); next = this.#blocks[this.#given]) {
      const { call, input } = next;
      const whole = isRecord(input) ? JSON.stringify(input) : "{}";
      yield { type: "tool_call", index: this.#given, call: { ...call, arguments: call.arguments || whole } };
      this.#given += 1;
    }
  }
}
