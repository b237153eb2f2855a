import { crc32 } from "node:zlib";
import type { Answer } from "../../domain/completions/answer.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { AppError } from "../../domain/errors.ts";
import type { RemoteFlightRole } from "../../domain/completions/flight.ts";
import {
  type Circumstances,
  encodeFrame,
  type Frame,
  readFrames,
  toFrameError,
} from "../../domain/completions/flight-frame.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import type { Lane } from "../../domain/lane.ts";
import { openOutlet, type StreamOutlet } from "../../lib/stream-outlet.ts";

import type { CompletionCall } from "./make-completion.ts";

/** The single-flight object as it is called. */
export interface FlightObject {
  join(key: string, maxAgeMs: number, lane: Lane): Promise<RemoteFlightRole>;
  lead(key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void>;
}

/** A caller's place in a flight. */
export type FlightPlace =
  { role: "leader"; lead: Lead } | { role: "follower"; frames: AsyncIterable<Frame> } | { role: "alone" };

/** What {@link Flights} needs. */
export interface FlightsDeps {
  /** Finds the object of this name; a tenant has {@link OBJECTS_PER_TENANT}. */
  objectOf: (name: string) => FlightObject;
  /** A pipe whose readable end may be sent to the object. */
  pipe: () => { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> };
  /** Lets work go on behind the reply. */
  defer: (work: Promise<unknown>) => void;
  onFault: (error: unknown) => void;
}

/**
 * Few enough objects that they exist already, and enough for 2,000 calls a second of one tenant.
 */
const OBJECTS_PER_TENANT = 16;
/**
 * An object that takes nothing for this long is gone; the leader goes on without followers. In ms.
 */
const STALL_MS = 5_000;

/** Flights by cache key, in objects of their tenant that every isolate reaches. */
export class Flights {
  readonly #deps: FlightsDeps;

  constructor(deps: FlightsDeps) {
    this.#deps = deps;
  }

  /**
   * Joins the flight of a key. Where the object cannot be reached, the caller goes alone: sharing
   * saves money, and must never cost an answer. The call's signal ends a follower's waiting.
   */
  async board(key: string, maxAgeMs: number, call: CompletionCall): Promise<FlightPlace> {
    const { objectOf, onFault } = this.#deps;
    const { tenant_id, lane, signal } = call;
    try {
      const object = objectOf(`${tenant_id}/${crc32(key) % OBJECTS_PER_TENANT}`);
      const joined = await object.join(key, maxAgeMs, lane);
      if (joined.role === "leader") return { role: "leader", lead: this.#lead(object, key, joined.token, call) };
      if (joined.role === "alone") return joined;
      return { role: "follower", frames: readFrames(chunksOf(joined.frames, signal, onFault)) };
    } catch (error) {
      onFault(error);
      return { role: "alone" };
    }
  }

  #lead(object: FlightObject, key: string, token: number, call: CompletionCall): Lead {
    const { pipe, defer, onFault } = this.#deps;
    const { readable, writable } = pipe();
    defer(object.lead(key, token, readable).catch(onFault));
    return new Lead(openOutlet(writable, STALL_MS), circumstancesOf(call), defer);
  }
}

/**
 * The leader's end of a flight: passes everything on to the followers. Never fails, and never
 * delays the leader.
 */
export class Lead {
  readonly #outlet: StreamOutlet;
  readonly #circumstances: Circumstances;
  readonly #defer: FlightsDeps["defer"];

  constructor(outlet: StreamOutlet, circumstances: Circumstances, defer: FlightsDeps["defer"]) {
    this.#outlet = outlet;
    this.#circumstances = circumstances;
    this.#defer = defer;
  }

  /** The model has begun to answer. */
  open({ provider, model }: Candidate): void {
    void this.#outlet.write(encodeFrame({ t: "open", provider, model }));
  }

  text(text: string): void {
    void this.#outlet.write(encodeFrame({ t: "text", text }));
  }

  /**
   * Ends the flight with an answer for its followers; `keep`: for those who come just after, too.
   */
  answer({ text: _sentBefore, ...answer }: Answer, keep: boolean): void {
    this.#end({ t: "answer", answer, keep });
  }

  /**
   * Ends the flight with an error, for the followers that could not fare better; if it is the
   * leader's own, another one leads instead.
   */
  fail(error: AppError, isOwn: boolean): void {
    this.#end(isOwn ? { t: "lost" } : { t: "error", error: toFrameError(error), leader: this.#circumstances });
  }

  #end(frame: Frame): void {
    const writeAndClose = async () => {
      await this.#outlet.write(encodeFrame(frame));
      await this.#outlet.close();
    };
    this.#defer(writeAndClose());
  }
}

/** What a call has that others who ask the same may have better. */
export function circumstancesOf(call: CompletionCall): Circumstances {
  const { key_id, lane, queue = true, timeout_ms, candidates } = call;
  const longest = LANE_RULES[lane].timeout_ms;
  const named = candidates.map(({ provider, model }) => ({ provider, model }));
  return { key_id, lane, queue, timeout_ms: Math.min(timeout_ms ?? longest, longest), candidates: named };
}

/**
 * The chunks of a stream. One that breaks off just ends, which reads as a lost flight; the signal's
 * reason is thrown.
 */
async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onFault: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  const leave = () => void reader.cancel(signal.reason).catch(() => undefined);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (error) {
    if (!signal.aborted) onFault(error);
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
  }
  signal.throwIfAborted();
}
