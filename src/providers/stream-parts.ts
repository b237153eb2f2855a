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
 * How long a stream is read on for its counts, in ms: where it has said why its answer ended, and
 * where an event of it was lost, after which its provider goes on and is paid.
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
  let lost: Failure | undefined;
  const isWhole = () => lost !== undefined || (reader.isWhole && !goesOn);
  try {
    for await (const piece of readPieces(body, { ...reading, isWhole, restMs: REST_MS })) {
      const seemedWhole = isWhole();
      const said = readEvents(parser.push(decoder.decode(piece, { stream: true })), { reader, relay }, headers, lost);
      goesOn ||= seemedWhole && said.parts.some(({ type }) => type !== "usage");
      if (reader.hasBegun) yield* textPart(relay?.take());
      yield* joinTexts(said.parts);
      if (said.failure) throw said.failure.error;
      lost = said.lost;
      if (said.isOver) break;
    }
    if (lost) throw lost.error;
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

/** What was thrown. */
interface Failure {
  error: unknown;
}

/** What the events of one piece say, up to the first that fails. */
interface Said {
  parts: StreamPart[];
  failure?: Failure;
  /** Why the answer cannot be whole: an event was no JSON object. What follows is counted only. */
  lost: Failure | undefined;
  /** Whether the answer is over, though the connection may stay open. */
  isOver: boolean;
}

/**
 * Reads events up to `[DONE]`. A ping keeps the connection open whatever is in it, and so does an
 * empty `data:` of a compatible server. `lost` is what an earlier piece has lost.
 */
function readEvents(
  events: readonly SseEvent[],
  { reader, relay }: StreamReaders,
  headers: Headers,
  lost: Failure | undefined,
): Said {
  const said: Said = { parts: [], lost, isOver: false };
  for (const each of events) {
    const { event, data } = each;
    if (data.startsWith("[DONE]")) return { ...said, isOver: true };
    if (event === "ping" && !said.lost) relay?.add(each, undefined);
    if (event === "ping" || data.trim() === "") continue;
    try {
      const parsed = parseEvent(each, headers);
      for (const part of reader.read(parsed)) {
        if (said.lost) said.parts.push(...toUnread(part));
        else said.parts.push(part);
      }
      if (!said.lost) relay?.add(each, parsed);
    } catch (error) {
      if (event === "error" || jsonIn(data)) return { ...said, failure: { error }, isOver: true };
      said.lost ??= { error };
    }
    if (reader.isOver) return { ...said, isOver: true };
  }
  return said;
}

/** A part behind a lost event: what it says is paid for, and nobody is told. */
function toUnread(part: StreamPart): StreamPart[] {
  if (part.type === "text" || part.type === "reasoning") return [{ type: "unread", text: part.text }];
  if (part.type === "tool_call") return [{ type: "unread", text: JSON.stringify(part.call) }];
  return part.type === "finish" ? [] : [part];
}

/** The JSON of an event. Throws for one that is an error, whose words need not be JSON. */
function parseEvent({ event, data }: SseEvent, headers: Headers): unknown {
  const said: unknown = event === "error" ? (jsonIn(data) ?? { message: data }) : JSON.parse(data);
  const { error, type } = recordOr(said);
  if (type !== "error" && event !== "error" && !error) return said;
  throw new APIError(undefined, Object(error ?? said), undefined, headers);
}
