import type { StreamPart } from "../../domain/completions/completion.ts";
import { recordOr, textOr } from "../wire.ts";

/** A call of a tool that is still coming. */
interface OpenCall {
  index: number;
  id: string;
  name: string;
  arguments: string;
}

/**
 * Puts calls of tools together that come in pieces. A call is complete once the next one begins, or
 * the stream ends: nothing else says so.
 */
export class StreamedToolCalls {
  #open: OpenCall | undefined;
  #count = 0;

  /** Takes the `tool_calls` of a delta, and gives the calls that are complete now. */
  *add(deltas: unknown): Generator<StreamPart> {
    if (!Array.isArray(deltas)) return;
    for (const delta of deltas as unknown[]) {
      const { index, id, function: called } = recordOr(delta);
      const { name, arguments: text } = recordOr(called);
      if (!this.#open || beginsAnother(this.#open, index, id, name)) {
        yield* this.rest();
        const at = typeof index === "number" ? index : this.#count;
        this.#open = { index: at, id: textOr(id, `call_${at}`), name: "", arguments: "" };
      }
      // Some servers repeat the name with each piece.
      this.#open.name = textOr(name, this.#open.name);
      this.#open.arguments += textOr(text, "");
    }
  }

  /** Gives the last call. */
  *rest(): Generator<StreamPart> {
    if (!this.#open) return;
    const { index: _index, ...call } = this.#open;
    yield { type: "tool_call", index: this.#count, call };
    this.#count += 1;
    this.#open = undefined;
  }
}

/**
 * Whether a piece begins another call than the open one. Some compatible servers leave the index
 * out, and begin each call with its id. Others, such as Gemini's, give all calls one index, with an
 * id and a name for each. An id alone proves nothing there: servers change it within a call.
 */
function beginsAnother(open: OpenCall, index: unknown, id: unknown, name: unknown): boolean {
  if (typeof index === "number" && index !== open.index) return true;
  const isOtherId = textOr(id, open.id) !== open.id;
  return isOtherId && (typeof index !== "number" || textOr(name, "") !== "");
}
