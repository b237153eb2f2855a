import { crc32 } from "node:zlib";
import { type Answer, saidIn, type SaidInAnswer } from "../../domain/completions/answer.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { Said } from "../../domain/completions/completion.ts";
import type { AppError } from "../../domain/errors.ts";
import type { Boarding } from "../../domain/completions/flight-boarding.ts";
import {
  type Circumstances,
  encodeFrame,
  type Frame,
  readFrames,
  toFrameError,
} from "../../domain/completions/flight-frame.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import { openOutlet, type StreamOutlet } from "../../lib/stream-outlet.ts";

import type { CompletionCall } from "./completion-call.ts";

/** The single-flight object as it is called. */
export interface FlightObject {
  board(boarding: Boarding): Promise<BoardedRole>;
  /** Sends a leader's frames, from the first to the last. */
  lead(key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void>;
}

/** What a caller becomes at the object. */
export type BoardedRole =
  | { role: "leader"; socket: LeaderSocket }
  | { role: "follower"; frames: ReadableStream<Uint8Array> }
  | { role: "alone" };

/**
 * A leader's connection to the object. While it is open, others may follow. Nothing here throws.
 */
export interface LeaderSocket {
  /** Calls `run` with the leader's token whenever the leader must send its frames. */
  onFollowed(run: (token: number) => void): void;
  /** Tells that the answer has begun. */
  begin(): void;
  /** Resolves when the object has closed it as well; until then the leader may be asked to send. */
  close(): Promise<void>;
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
      const joined = await object.board({ key, max_age_ms: maxAgeMs, lane });
      if (joined.role === "leader") return { role: "leader", lead: this.#lead(object, key, joined.socket, call) };
      if (joined.role === "alone") return joined;
      return { role: "follower", frames: readFrames(chunksOf(joined.frames, signal, onFault)) };
    } catch (error) {
      onFault(error);
      return { role: "alone" };
    }
  }

  #lead(object: FlightObject, key: string, socket: LeaderSocket, call: CompletionCall): Lead {
    const { pipe, defer, onFault } = this.#deps;
    const openFrames = (token: number) => {
      const { readable, writable } = pipe();
      defer(object.lead(key, token, readable).catch(onFault));
      return openOutlet(writable, STALL_MS);
    };
    return new Lead({ socket, openFrames, circumstances: circumstancesOf(call), defer });
  }
}

/** What a {@link Lead} needs. */
interface LeadDeps {
  socket: LeaderSocket;
  /** Begins to lead with this token. */
  openFrames: (token: number) => StreamOutlet;
  circumstances: Circumstances;
  defer: FlightsDeps["defer"];
}

/**
 * The leader's end of a flight. It sends nothing until somebody follows; then it sends what there
 * is so far, and passes the rest on as it comes. Never fails, and never delays the leader.
 */
export class Lead {
  readonly #deps: LeadDeps;
  #open: Frame | null = null;
  /** What was said so far. The call keeps the same, so this takes little more memory. */
  #said: Said[] = [];
  #last: Frame | null = null;
  #outlet: StreamOutlet | null = null;

  constructor(deps: LeadDeps) {
    this.#deps = deps;
    deps.socket.onFollowed((token) => this.#begin(token));
  }

  /** The model has begun to answer, in pieces. */
  open(candidate: Candidate): void {
    this.#opened(candidate);
    this.#deps.socket.begin();
  }

  say(said: Said): void {
    const last = this.#said.at(-1);
    if (said.type === "text" && last?.type === "text") last.text += said.text;
    else this.#said.push({ ...said });
    this.#send(toFrame(said));
  }

  /** The model has answered at once; {@link answer} follows. */
  whole(candidate: Candidate, answer: SaidInAnswer): void {
    this.#opened(candidate);
    for (const said of saidIn(answer)) this.say(said);
  }

  /**
   * Ends the flight with an answer for its followers; `keep`: for those who come just after, too.
   */
  answer({ text: _sentBefore, relayed: _too, ...answer }: Answer, keep: boolean): void {
    this.#end({ t: "answer", answer, keep });
  }

  /**
   * Ends the flight with an error, for the followers that could not fare better; if it is the
   * leader's own, another one leads instead.
   */
  fail(error: AppError, isOwn: boolean): void {
    const { circumstances: leader } = this.#deps;
    this.#end(isOwn ? { t: "lost" } : { t: "error", error: toFrameError(error), leader });
  }

  #opened({ provider, model }: Candidate): void {
    this.#open = { t: "open", provider, model };
    this.#send(this.#open);
  }

  /** Sends everything so far. An object that has lost it asks a second time. */
  #begin(token: number): void {
    if (this.#outlet) this.#deps.defer(this.#outlet.close());
    const outlet = this.#deps.openFrames(token);
    this.#outlet = outlet;
    if (this.#open) this.#send(this.#open);
    for (const said of this.#said) this.#send(toFrame(said));
    if (this.#last) this.#deps.defer(finish(outlet, this.#last));
  }

  #send(frame: Frame): void {
    void this.#outlet?.write(encodeFrame(frame));
  }

  #end(frame: Frame): void {
    if (this.#last) return;
    this.#last = frame;
    const { socket, defer } = this.#deps;
    const outlet = this.#outlet;
    // The object must have all frames before it hears that the leader is gone.
    const finishAndClose = async () => {
      if (outlet) await finish(outlet, frame);
      await socket.close();
    };
    defer(finishAndClose());
  }
}

/** Text has a frame of its own, which all versions know. */
function toFrame(said: Said): Frame {
  return said.type === "text" ? { t: "text", text: said.text } : { t: "said", said };
}

async function finish(outlet: StreamOutlet, last: Frame): Promise<void> {
  await outlet.write(encodeFrame(last));
  await outlet.close();
}

/** What a call has that others who ask the same may have better. */
export function circumstancesOf(call: CompletionCall): Circumstances {
  const { key_id, lane, queue = true, timeout_ms = LANE_RULES[lane].timeout_ms, candidates } = call;
  const named = candidates.map(({ provider, model }) => ({ provider, model }));
  return { key_id, lane, queue, timeout_ms, candidates: named };
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
