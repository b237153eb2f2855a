import { SseParser } from "../../lib/sse-parser.ts";

/** An event of a stream with its value. */
export interface SentEvent {
  event: string;
  value: unknown;
}

/** The events of a response, as they come. */
export async function* eventsIn(response: Response): AsyncGenerator<SentEvent> {
  if (!response.body) return;
  const parser = new SseParser();
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    for (const { event, data } of parser.push(piece)) yield { event, value: JSON.parse(data) as unknown };
  }
}

const RECONNECT_MS = 1_000;
const MAX_RECONNECT_MS = 15_000;

/** Follows a stream until its event `done`. One that ends or breaks before is opened again. */
export async function followToEnd(
  open: () => Promise<Response>,
  signal: AbortSignal,
  onEvent: (event: SentEvent) => void,
): Promise<void> {
  for (let waitMs = RECONNECT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, MAX_RECONNECT_MS)) {
    try {
      for await (const each of eventsIn(await open())) {
        if (signal.aborted) return;
        onEvent(each);
        if (each.event === "done") return;
        waitMs = RECONNECT_MS;
      }
    } catch {
      // A broken stream is opened again. What it follows goes on without it.
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
