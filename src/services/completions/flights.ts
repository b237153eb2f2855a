import type { Answer } from "../../domain/completions/answer.ts";
import type { AppError } from "../../domain/errors.ts";
import type { Joined } from "../../domain/completions/flight.ts";
import { encodeFrame, type Frame, readFrames, toFrameError } from "../../domain/completions/flight-frame.ts";
import { crc32 } from "../../lib/crc32.ts";
import { openOutlet } from "../../lib/stream-outlet.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";

/** What this needs of an object that has flights. */
export interface FlightObject {
  join(key: string, maxAgeMs: number): Promise<Joined>;
  lead(key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void>;
}

/** A leader's end of a flight: what it is told, its followers get. Never fails, and never holds the leader up. */
export interface Lead {
  /** The model has begun to answer. */
  open(candidate: Candidate): void;
  text(text: string): void;
  /** Ends the flight with an answer for all who wait, and, where it may be kept, for those who come just after. */
  answer(answer: Answer, keep: boolean): void;
  /** Ends it with an error: one that is the same for all, or, where it was the leader's alone, with another to lead. */
  fail(error: AppError, ownFault: boolean): void;
}

/** A caller's place in a flight. */
export type Place =
  { role: "leader"; lead: Lead } | { role: "follower"; frames: AsyncIterable<Frame> } | { role: "alone" };

/** Flights by cache key, in objects of their tenant that all isolates reach. */
export interface Flights {
  /** Boards. Where the object cannot be reached, a caller goes alone: sharing saves money, and must cost no answer. `signal` ends a follower's waiting. */
  board(tenantId: string, key: string, maxAgeMs: number, signal: AbortSignal): Promise<Place>;
}

/** What {@link createFlights} needs. */
export interface FlightsDeps {
  /** The object of this name, of {@link OBJECTS_A_TENANT}. */
  objectOf: (name: string) => FlightObject;
  /** A pipe of bytes that may cross to the object. */
  pipe: () => { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> };
  defer: (work: Promise<unknown>) => void;
  onFault: (error: unknown) => void;
}

/** A tenant's flights are spread over so many objects: few enough to be there already, enough for 2,000 calls a second. */
const OBJECTS_A_TENANT = 16;
/** An object that takes nothing for so long is gone; the leader goes on without followers. Milliseconds. */
const STALL_MS = 5_000;

/** The service over the objects. */
export function createFlights(deps: FlightsDeps): Flights {
  function leadOf(object: FlightObject, key: string, token: number): Lead {
    const { readable, writable } = deps.pipe();
    const outlet = openOutlet(writable, STALL_MS);
    deps.defer(object.lead(key, token, readable).catch(deps.onFault));
    const end = async (frame: Frame) => {
      await outlet.write(encodeFrame(frame));
      await outlet.close();
    };
    return {
      open: ({ provider, model }) => void outlet.write(encodeFrame({ t: "open", provider, model })),
      text: (text) => void outlet.write(encodeFrame({ t: "text", text })),
      answer: ({ text: _said, ...answer }, keep) => deps.defer(end({ t: "answer", answer, keep })),
      fail(error, ownFault) {
        deps.defer(end(ownFault ? { t: "lost" } : { t: "error", error: toFrameError(error) }));
      },
    };
  }

  return {
    async board(tenantId, key, maxAgeMs, signal) {
      try {
        const object = deps.objectOf(`${tenantId}/${crc32(key) % OBJECTS_A_TENANT}`);
        const joined = await object.join(key, maxAgeMs);
        if (joined.role === "leader") return { role: "leader", lead: leadOf(object, key, joined.token) };
        if (joined.role === "alone") return joined;
        return { role: "follower", frames: readFrames(chunksOf(joined.frames, signal, deps.onFault)) };
      } catch (error) {
        deps.onFault(error);
        return { role: "alone" };
      }
    },
  };
}

/** A stream's chunks. Its breaking off is an end, which reads as a flight that was lost; the signal's reason is thrown. */
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
