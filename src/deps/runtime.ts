import { waitUntil } from "cloudflare:workers";
import { describeError, log } from "../telemetry/log.ts";

/** The clock of an isolate, in Unix ms. */
export const clock = { now: () => Date.now() };

/** Lets work continue after the reply. Errors are ignored here; the work must report its own. */
export function defer(work: Promise<unknown>): void {
  waitUntil(work.catch(() => undefined));
}

/** Runs `work` every `ms` milliseconds. The returned function stops it. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

/** Resolves after `ms` milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Logs an error under an event name, with the ids of what it concerns. */
export function report(event: string, error: unknown, ids: Record<string, string> = {}): void {
  log("error", event, { ...ids, error: describeError(error) });
}
