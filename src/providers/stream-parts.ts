import { APIError } from "openai/error";
import type { StreamPart } from "../domain/completions/completion.ts";
import { type SseEvent, SseParser } from "../lib/sse-parser.ts";
import { abortError, classifyFailure, type FailureContext } from "./errors.ts";
import { joinTexts } from "./join-texts.ts";
import type { RelayedEvents } from "./relay.ts";
import { readPieces, type Reading } from "./response-pieces.ts";
import type { StreamReader } from "./wire-format.ts";
import { jsonIn, recordOr } from "./wire.ts";

/**
 * How long a stream that has said why its answer ended may stay open, in ms: for the counts, which
 * come at once where a server sends any.
 */
const REST_MS = 2_000;

/**
 * What reads the events of a stream, and what passes them on to a client that speaks their format.
 */
export interface StreamReaders {
  reader: StreamReader;
  relay: RelayedEvents | undefined;
}

/**
 * The parts of a stream. Throws an AppError for whatever breaks it before the answer is whole, so
 * that a cut answer never looks whole. Texts that come in one piece are one part. A server that
 * says more of its answer after the reason, as some state one with each piece, ends with its
 * body.
 */
export async function* streamParts(
  { body, headers }: Response,
  reading: Reading,
  { reader, relay }: StreamReaders,
  contextNow: () => FailureContext,
): AsyncGenerator<StreamPart> {
  const decoder = new TextDecoder();
  const parser = new SseParser();
  let goesOn = false;
  const isWhole = () => reader.isWhole && !goesOn;
  try {
    for await (const piece of readPieces(body, { ...reading, isWhole, restMs: REST_MS })) {
      const seemedWhole = isWhole();
      const said = readEvents(parser.push(decoder.decode(piece, { stream: true })), { reader, relay }, headers);
      goesOn ||= seemedWhole && said.parts.some(({ type }) => type !== "usage");
      if (reader.hasBegun) yield* textPart(relay?.take());
      yield* joinTexts(said.parts);
      if (said.failure) throw said.failure.error;
      if (said.isOver) break;
    }
    const last = [...reader.end()];
    yield* textPart(relay?.takeLast());
    yield* last;
  } catch (error) {
    const context = contextNow();
    throw context.signal.aborted ? abortError(context) : classifyFailure(error, context);
  }
}

function* textPart(text = ""): Generator<StreamPart> {
  if (text !== "") yield { type: "relayed", text };
}

/** What the events of one piece say, up to the first that fails. */
interface Said {
  parts: StreamPart[];
  failure?: { error: unknown };
  /** Whether the answer is over, though the connection may stay open. */
  isOver: boolean;
}

/**
 * Reads events up to `[DONE]`. A ping keeps the connection open whatever is in it, and so does an
 * empty `data:` of a compatible server. The words of an error need not be JSON.
 */
function readEvents(events: readonly SseEvent[], { reader, relay }: StreamReaders, headers: Headers): Said {
  const parts: StreamPart[] = [];
  try {
    for (const each of events) {
      const { event, data } = each;
      if (data.startsWith("[DONE]")) return { parts, isOver: true };
      if (event === "ping") relay?.add(each, undefined);
      if (event === "ping" || data.trim() === "") continue;
      const said: unknown = event === "error" ? (jsonIn(data) ?? { message: data }) : JSON.parse(data);
      const { error, type } = recordOr(said);
      if (type === "error" || event === "error" || error) {
        throw new APIError(undefined, Object(error ?? said), undefined, headers);
      }
      for (const part of reader.read(said)) parts.push(part);
      relay?.add(each, said);
      if (reader.isOver) return { parts, isOver: true };
    }
    return { parts, isOver: false };
  } catch (error) {
    return { parts, failure: { error }, isOver: true };
  }
}
