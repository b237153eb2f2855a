import { waitUntil } from "cloudflare:workers";
import { createPublicFetch } from "../services/system/public-fetch.ts";
import { resolveName } from "./name-resolver.ts";
import { describeError, log } from "../telemetry/log.ts";

/** The clock of an isolate. */
export const clock = { now: () => Date.now() };

/** Continues work behind the response. The work itself reports its failures. */
export function defer(work: Promise<unknown>): void {
  waitUntil(work.catch(() => undefined));
}

/** A `fetch` for addresses that tenants choose, which resolves their names first. */
export function publicFetch(trustedOrigins: readonly string[]): ReturnType<typeof createPublicFetch> {
  return createPublicFetch({
    ...clock,
    fetch: async (url, init) => fetch(url, init),
    resolve: resolveName,
    trustedOrigins,
  });
}

/** Calls `work` every `ms` milliseconds. Returns a function that stops it. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

/** Resolves after `ms` milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Logs a fault under the name of its event, with the ids that it belongs to. */
export function report(event: string, error: unknown, ids: Record<string, string> = {}): void {
  log("error", event, { ...ids, error: describeError(error) });
}
