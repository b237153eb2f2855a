/**
 * The runtime with its single-flight objects metered: what a call asks of them, and how long they
 * are busy with it. `GET /__flight` returns the figures and starts them anew.
 */
import { SingleFlight as Flight } from "../../../src/durable-objects/single-flight.ts";
import worker from "../../../src/index.ts";

export * from "../../../src/index.ts";

/** What the objects were asked for, all together. */
export interface FlightMeter {
  /** Calls and messages, by the method that handles them. */
  handled: Record<string, number>;
  /** How long the handlers ran. The object cannot sleep meanwhile. */
  busy_ms: number;
  /** The bytes of frames that leaders sent. */
  bytes: number;
}

const newMeter = (): FlightMeter => ({ handled: {}, busy_ms: 0, bytes: 0 });
let meter = newMeter();

type Handler = (this: object, ...args: unknown[]) => unknown;

/** The same object, metered. All objects of a local runtime share its isolate. */
export class SingleFlight extends Flight {}

for (const name of ["fetch", "join", "lead", "webSocketMessage", "webSocketClose"]) {
  const handler = (Flight.prototype as unknown as Record<string, Handler | undefined>)[name];
  if (!handler) continue;
  const metered: Handler = async function (...args) {
    meter.handled[name] = (meter.handled[name] ?? 0) + 1;
    const began = Date.now();
    const counted = args.map((arg) => (arg instanceof ReadableStream ? countBytes(arg) : arg));
    try {
      return await handler.apply(this, counted);
    } finally {
      meter.busy_ms += Date.now() - began;
    }
  };
  Object.defineProperty(SingleFlight.prototype, name, { value: metered });
}

function countBytes(frames: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      meter.bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  return frames.pipeThrough(counter);
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    if (new URL(request.url).pathname !== "/__flight") return worker.fetch(request, env, context);
    const figures = meter;
    meter = newMeter();
    return Response.json(figures);
  },
  queue: worker.queue,
};
