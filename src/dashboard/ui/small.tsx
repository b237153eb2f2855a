import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { serverTime } from "../api/server-clock.ts";
import { fromNow, localTime } from "./format.ts";
import { showToast } from "./toasts.tsx";

/** How a state is coloured. The word always says it too. */
export type Tone = "good" | "warn" | "bad" | "neutral" | "accent";

/** A state in one word. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const TONES: Record<string, Tone> = {
  succeeded: "good",
  completed: "good",
  passed: "good",
  approved: "good",
  failed: "bad",
  error: "bad",
  refused: "bad",
  unknown: "warn",
  cancelled: "warn",
  pending: "accent",
  queued: "accent",
  running: "accent",
};

/** A status of the API as a badge. */
export function Status({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? "neutral"}>{status}</Badge>;
}

const TICK_MS = 10_000;

/** A time as its distance from now; the whole time on hover. */
export function Time({ at }: { at: string | null | undefined }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (at === null || at === undefined) return <>–</>;
  return (
    <time dateTime={at} title={localTime(at)}>
      {fromNow(at, serverTime(now))}
    </time>
  );
}

/** Copies a text. */
export function Copy({
  text,
  label = "Copy",
  autofocus = false,
}: {
  text: string;
  label?: string;
  autofocus?: boolean;
}) {
  const copy = async () => {
    // Browsers have no clipboard for pages without TLS, and may ask the reader.
    const isCopied = await copyText(text).catch(() => false);
    showToast(isCopied ? "Copied." : "The browser does not let this page copy. Select the text and copy it yourself.");
  };
  return (
    <button type="button" class="button small" autofocus={autofocus} onClick={() => void copy()}>
      {label}
    </button>
  );
}

async function copyText(text: string): Promise<boolean> {
  await navigator.clipboard.writeText(text);
  return true;
}

/** Text in its own lines and spaces, which can be scrolled to with the keyboard. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label}>
      <code>{text}</code>
    </pre>
  );
}
