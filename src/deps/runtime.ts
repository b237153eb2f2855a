import { waitUntil } from "cloudflare:workers";
import { describeError, log } from "../telemetry/log.ts";

/** The clock of an isolate, Unix milliseconds. */
export const clock = { now: () => Date.now() };

/** Lets work go on behind the reply. What fails there has been told where it failed. */
export function defer(work: Promise<unknown>): void {
  waitUntil(work.catch(() => undefined));
}

/** Does `work` every so many milliseconds until the function that it gives is called. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

/** Resolves after so many milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Writes a fault to the log under its event's name, with the ids that say whose it is. */
export function report(event: string, error: unknown, ids: Record<string, string> = {}): void {
  log("error", event, { ...ids, error: describeError(error) });
}
