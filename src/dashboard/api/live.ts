import { useEffect, useState } from "preact/hooks";
import { SseParser } from "../../lib/sse-parser.ts";
import { fetchInSession } from "./client.ts";
import { type Live, NOTHING_YET, withEvent } from "./live-view.ts";

/** Without an event for this time the connection is taken for broken, ms. */
const SILENT_AFTER_MS = 5_000;
const RECONNECT_MS = 1_000;
const MAX_RECONNECT_MS = 15_000;

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
  for (let waitMs = RECONNECT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, MAX_RECONNECT_MS)) {
    const startedAt = Date.now();
    try {
      await readLive(setLive, signal);
    } catch {
      // A broken stream is opened again; the state says that nothing comes.
    }
    if (signal.aborted) return;
    setLive((live) => ({ ...live, state: "silent" }));
    if (Date.now() - startedAt > MAX_RECONNECT_MS) waitMs = RECONNECT_MS;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function readLive(setLive: SetLive, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const ends = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENT_AFTER_MS);
  try {
    const response = await fetchInSession(`${location.origin}/v1/metrics/live`, { signal: ends });
    if (!response.ok || !response.body) return;
    const parser = new SseParser();
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_AFTER_MS);
      for (const { event, data } of parser.push(piece)) {
        const value: unknown = JSON.parse(data);
        setLive((live) => withEvent(live, event, value));
      }
    }
  } finally {
    clearTimeout(timer);
  }
}
