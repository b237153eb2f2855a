import type { Clock } from "../../lib/clock.ts";
import { parseRetryAfter } from "../../providers/retry-after.ts";
import { HostRefused } from "../system/public-fetch.ts";
import type { Collector } from "./collector.ts";

/** What sending spans needs. */
export interface SendSpansDeps extends Clock {
  sleep(ms: number): Promise<void>;
  /** Posts to a collector. Throws where nobody answers, `HostRefused` where nothing may be sent. */
  post(collector: Collector, init: RequestInit): Promise<Response>;
}

/** How a collector took spans. */
export interface SentSpans {
  /** Why it has not; null where it has. */
  fault: string | null;
  /** How long it is to be left in peace, ms. */
  pause_ms: number;
}

/** How long a collector may take, ms. */
const TIMEOUT_MS = 5_000;
/** The pause before the one repetition where the collector names none, and the longest, ms. */
const REPEAT_MS = { usual: 1_000, most: 8_000 };
/** The pause after a failure, so that a collector which is down gets a call now and then, ms. */
const PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 600_000;
/** What a collector answers that would take the spans later: 429 and 503 by the specification. */
const BUSY = new Set([429, 503]);

/**
 * Posts spans to a collector, and once more where it is busy, when it says. Never throws. It gives
 * up where the collector wants a longer pause than the work behind a reply can last.
 */
export async function sendSpans(deps: SendSpansDeps, collector: Collector, body: string): Promise<SentSpans> {
  const first = await post(deps, collector, body);
  if (!first.isBusy) return first;
  const wait = first.retry_ms ?? REPEAT_MS.usual;
  if (wait > REPEAT_MS.most) return { ...first, pause_ms: Math.min(wait, MAX_PAUSE_MS) };
  await deps.sleep(wait);
  return post(deps, collector, body);
}

interface Posted extends SentSpans {
  isBusy: boolean;
  /** The collector's `Retry-After`, in ms. */
  retry_ms?: number;
}

async function post(deps: SendSpansDeps, collector: Collector, body: string): Promise<Posted> {
  try {
    const response = await deps.post(collector, {
      method: "POST",
      headers: { "user-agent": "pbt-edge", ...collector.headers, "content-type": "application/json" },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    const { status, ok, headers } = response;
    if (ok) return { fault: null, pause_ms: 0, isBusy: false };
    const retry_ms = parseRetryAfter(headers, deps.now());
    return { fault: `status ${status}`, pause_ms: PAUSE_MS, isBusy: BUSY.has(status), retry_ms };
  } catch (error) {
    return { fault: faultOf(error), pause_ms: PAUSE_MS, isBusy: false };
  }
}

function faultOf(error: unknown): string {
  if (error instanceof HostRefused) return `the address ${error.message}`;
  return error instanceof Error && error.name === "TimeoutError" ? "no answer in time" : "no connection";
}
