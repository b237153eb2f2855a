import { reasoningIn } from "../../completions/answer.ts";
import type { Said } from "../../completions/completion.ts";
import type { DoorAnswer } from "../door.ts";

/** What of an answer was said so far. */
export class SaidSoFar {
  #text = "";
  #reasoning = "";
  #blocks = 0;
  #calls = 0;

  add(part: Said): void {
    switch (part.type) {
      case "text":
        this.#text += part.text;
        break;
      case "reasoning":
        this.#reasoning += part.text;
        if (part.block) this.#blocks += 1;
        break;
      case "tool_call":
        this.#calls += 1;
        break;
      case "relayed":
        break;
    }
  }

  /**
   * The rest of the answer, which is all of it where nothing was said. There is a text at least,
   * which is empty where the model says nothing.
   */
  *rest({ text, reasoning = "", reasoning_blocks = [], tool_calls = [] }: DoorAnswer): Generator<Said> {
    yield* reasoningIn(restOf(reasoning, this.#reasoning), reasoning_blocks.slice(this.#blocks));
    const rest = restOf(text, this.#text);
    if (rest !== "" || (text === "" && tool_calls.length === 0)) yield { type: "text", text: rest };
    for (const [at, call] of tool_calls.entries()) {
      if (at >= this.#calls) yield { type: "tool_call", index: at, call };
    }
  }
}

/** What follows what was said; nothing where something else was said. */
function restOf(whole: string, said: string): string {
  return whole.startsWith(said) ? whole.slice(said.length) : "";
}
