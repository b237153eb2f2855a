import type { ProviderName, StreamPart } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { recordOr, textOr } from "../wire.ts";
import { StreamedArguments } from "./streamed-arguments.ts";
import { argumentsText } from "./tool-call-arguments.ts";

/** A piece of a call. Servers leave out each of these but the text. */
interface Piece {
  index: number | undefined;
  id: string;
  name: string;
  text: string;
}

/** A call of a tool whose pieces come. */
interface OpenCall {
  index: number | undefined;
  id: string;
  name: string;
  arguments: StreamedArguments;
  isGiven: boolean;
}

/**
 * Puts calls of tools together that come in pieces, which may be those of several calls in turn.
 * Nothing says that a call is complete. One is given once its arguments are a whole object and
 * another call has begun, the others at the end of the stream, all in the order in which they
 * began.
 */
export class StreamedToolCalls {
  readonly #provider: ProviderName;
  readonly #calls: OpenCall[] = [];
  readonly #byId = new Map<string, OpenCall>();
  /** The last call of each index, and that of the last piece. */
  readonly #byIndex = new Map<number, OpenCall>();
  #last: OpenCall | undefined;
  #given = 0;

  constructor(provider: ProviderName) {
    this.#provider = provider;
  }

  /** Whether there was none. */
  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /**
   * Takes the `tool_calls` of a delta, and gives the calls that are complete now. Throws AppError
   * `provider_error` for a piece that changes a call after that.
   */
  *add(deltas: unknown): Generator<StreamPart> {
    if (!Array.isArray(deltas)) return;
    for (const delta of deltas as unknown[]) {
      const piece = pieceOf(delta);
      const call = this.#callOf(piece);
      this.#last = call ?? this.#begin(piece);
      this.#take(this.#last, piece);
      if (!call) yield* this.#give((each) => each !== this.#last && each.arguments.isSettled);
    }
  }

  /** Gives the calls that are left. */
  *rest(): Generator<StreamPart> {
    yield* this.#give(() => true);
  }

  *#give(isComplete: (call: OpenCall) => boolean): Generator<StreamPart> {
    for (let next = this.#calls[this.#given]; next && isComplete(next); next = this.#calls[this.#given]) {
      const id = next.id === "" ? `call_${next.index ?? this.#given}` : next.id;
      const call = { id, name: next.name, arguments: next.arguments.text() };
      next.isGiven = true;
      yield { type: "tool_call", index: this.#given, call };
      this.#given += 1;
    }
  }

  #begin({ index }: Piece): OpenCall {
    const call = { index, id: "", name: "", arguments: new StreamedArguments(), isGiven: false };
    this.#calls.push(call);
    if (index !== undefined) this.#byIndex.set(index, call);
    return call;
  }

  #take(call: OpenCall, { id, name, text }: Piece): void {
    // Servers change the id within a call, and repeat the name with each piece.
    if (call.id === "" && id !== "") this.#byId.set((call.id = id), call);
    call.name = textOr(name, call.name);
    if (call.arguments.repeats(text)) return;
    if (!call.isGiven) call.arguments.add(text);
    else if (text.trim() !== "") throw malformed(this.#provider, "a call of a tool that goes on after its end");
  }

  /**
   * The call that a piece belongs to; undefined where it begins another. Some compatible servers
   * leave the index out, and tell calls apart by their ids, or not at all. Others, such as
   * Gemini's, give all calls one index, with an id and a name for each. An id alone proves nothing
   * there.
   */
  #callOf(piece: Piece): OpenCall | undefined {
    const { index, id, name } = piece;
    const byId = this.#byId.get(id);
    if (byId && isAt(byId, index)) return isAnother(byId, piece) ? undefined : byId;
    const own = index === undefined ? undefined : this.#byIndex.get(index);
    const last = own ?? this.#last;
    if (!last || !isAt(last, index)) return undefined;
    const hasOtherId = id !== "" && last.id !== "";
    const isOther = hasOtherId ? index === undefined || name !== "" : isAnother(last, piece);
    return isOther ? undefined : last;
  }
}

function isAt(call: OpenCall, index: number | undefined): boolean {
  return index === undefined || call.index === undefined || call.index === index;
}

/**
 * Whether a piece without an id of its own begins another call than the last one at its place, or
 * of its id.
 */
function isAnother(last: OpenCall, { name, text }: Piece): boolean {
  if (name === "" || last.name === "") return false;
  if (name !== last.name) return last.arguments.isEmpty || last.arguments.isWhole;
  return text.trim() !== "" && last.arguments.isSettled && !last.arguments.repeats(text);
}

function pieceOf(delta: unknown): Piece {
  const { index, id, function: called } = recordOr(delta);
  const { name, arguments: given } = recordOr(called);
  return {
    index: typeof index === "number" ? index : undefined,
    id: textOr(id, ""),
    name: textOr(name, ""),
    text: argumentsText(given),
  };
}
