import { useEffect, useState } from "preact/hooks";
import { SseParser } from "../../lib/sse-parser.ts";
import { fetchInSession } from "./client.ts";
import { hasLasted, type LiveEnd, retryAfter } from "./live-retry.ts";
import { type Live, NOTHING_YET, withEvent } from "./live-view.ts";
import { ApiError, errorOfResponse } from "../../client/errors.ts";

/** Without an event for this time the connection is taken for broken, ms. */
const SILENT_AFTER_MS = 5_000;

/**
 * Follows the tenant's live metrics while the page is open. A stream that ends or breaks is opened
 * again, and a hidden page has none.
 */
export function useLive(): Live {
  const [live, setLive] = useState<Live>(NOTHING_YET);
  useEffect(() => {
    let leave = new AbortController();
    const follow = () => {
      leave.abort();
      leave = new AbortController();
      if (!document.hidden) void followLive(setLive, leave.signal);
    };
    document.addEventListener("visibilitychange", follow);
    follow();
    return () => {
      document.removeEventListener("visibilitychange", follow);
      leave.abort();
    };
  }, []);
  return live;
}

type SetLive = (change: (live: Live) => Live) => void;

async function followLive(setLive: SetLive, signal: AbortSignal): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    const startedAt = performance.now();
    let fault: unknown = null;
    try {
      await readLive(setLive, signal);
    } catch (error) {
      // A broken stream is opened again; the state says that nothing comes.
      fault = error;
    }
    if (signal.aborted) return;
    const refusal = fault instanceof ApiError ? fault : null;
    const lastedMs = performance.now() - startedAt;
    const end: LiveEnd = { lastedMs, status: refusal?.status ?? null, retryAfterMs: refusal?.retryAfterMs ?? null };
    if (hasLasted(end)) failures = 0;
    // Streams end after some minutes, and the next begins with what came meanwhile.
    const isEnd = fault === null && hasLasted(end);
    if (!isEnd) setLive((live) => ({ ...live, state: "silent", refusal: refusal?.problem.detail ?? null }));
    const waitMs = retryAfter(end, Math.max(1, failures), Math.random());
    if (waitMs === null) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function readLive(setLive: SetLive, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const ends = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENT_AFTER_MS);
  // A stream whose server knows nothing now stays open, and has comments in place of events.
  const saySilent = () => setLive((live) => ({ ...live, state: "silent" }));
  let told = setTimeout(saySilent, SILENT_AFTER_MS);
  try {
    const response = await fetchInSession(`${location.origin}/v1/metrics/live`, { signal: ends });
    if (!response.ok) throw await errorOfResponse(response, Date.now());
    if (!response.body) return;
    const parser = new SseParser();
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_AFTER_MS);
      for (const { event, data } of parser.push(piece)) {
        clearTimeout(told);
        told = setTimeout(saySilent, SILENT_AFTER_MS);
        const value: unknown = JSON.parse(data);
        setLive((live) => withEvent(live, event, value));
      }
    }
  } finally {
    clearTimeout(timer);
    clearTimeout(told);
  }
}
