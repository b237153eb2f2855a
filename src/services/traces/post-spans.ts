import type { Clock } from "../../lib/clock.ts";
import { parseRetryAfter } from "../../providers/retry-after.ts";
import { HostRefused } from "../system/public-fetch.ts";
import type { Collector } from "./collector.ts";

/** What posting spans needs. */
export interface PostSpansDeps extends Clock {
  /** Posts to a collector. Throws where nobody answers, `HostRefused` where nothing may be sent. */
  post(collector: Collector, init: RequestInit): Promise<Response>;
}

/** How a collector took spans. */
export interface PostedSpans {
  /** Why it has not; null where it has. */
  fault: string | null;
  /** How long it is to be left in peace, ms. */
  pause_ms: number;
  /** Where it is busy: after how many ms it would take them. */
  repeat_ms?: number;
}

/** How long a collector may take, ms: others wait for the connection. */
const TIMEOUT_MS = 3_000;
/** The pause before the one repetition where the collector names none, and the longest, ms. */
const REPEAT_MS = { usual: 1_000, most: 8_000 };
/** The pause after a failure, so that a collector which is down gets a call now and then, ms. */
const PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 600_000;
/** What a collector answers that would take the spans later: 429 and 503 by the specification. */
const BUSY = new Set([429, 503]);

/**
 * Posts spans to a collector. Never throws. A longer pause than the work behind a reply can last is
 * no reason to repeat it, but is kept.
 */
export async function postSpans(deps: PostSpansDeps, collector: Collector, body: string): Promise<PostedSpans> {
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
    if (ok) return { fault: null, pause_ms: 0 };
    const failed = { fault: `status ${status}`, pause_ms: PAUSE_MS };
    if (!BUSY.has(status)) return failed;
    const wait = parseRetryAfter(headers, deps.now()) ?? REPEAT_MS.usual;
    if (wait > REPEAT_MS.most) return { ...failed, pause_ms: Math.min(wait, MAX_PAUSE_MS) };
    return { ...failed, repeat_ms: wait };
  } catch (error) {
    return { fault: faultOf(error), pause_ms: PAUSE_MS };
  }
}

function faultOf(error: unknown): string {
  if (error instanceof HostRefused) return `the address ${error.message}`;
  return error instanceof Error && error.name === "TimeoutError" ? "no answer in time" : "no connection";
}
