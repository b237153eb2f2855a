import type { StreamEvent } from "../../client/index.ts";

/** What was told of an answer that is streamed anew after its stream broke off. */
export class ToldEvents {
  /** How many characters of the texts. */
  readonly #lengths = { delta: 0, reasoning: 0 };
  readonly #others = new Set<string>();

  /** The events of a stream, without what an earlier stream of the same answer told. */
  async *newOf(events: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent> {
    const lengths = { delta: 0, reasoning: 0 };
    for await (const event of events) {
      if (event.type === "delta" || event.type === "reasoning") {
        const { type } = event;
        // The same text may come in other pieces.
        const text = event.text.slice(Math.max(0, this.#lengths[type] - lengths[type]));
        lengths[type] += event.text.length;
        this.#lengths[type] = Math.max(this.#lengths[type], lengths[type]);
        if (text !== "") yield { ...event, text };
        continue;
      }
      const what = event.type === "tool_call" ? `tool_call ${event.index}` : event.type;
      if (this.#others.has(what)) continue;
      this.#others.add(what);
      yield event;
    }
  }
}
