import type { RecordedDetail } from "./execution-detail.ts";

type Timeline = NonNullable<RecordedDetail["timeline"]>;
type TimelineAttempt = Timeline["attempts"][number];

/** A bar of a waterfall: its place and its length as shares of the whole. */
export interface WaterfallRow {
  title: string;
  note: string;
  kind: "phase" | "attempt" | "failed-attempt";
  startMs: number;
  durationMs: number;
  left: number;
  width: number;
}

/** What phases are called on the page. */
const TITLES: Record<string, string> = {
  auth: "authenticate",
  settle: "settle",
  load: "load the prompt",
  render: "render",
  cache: "look in the caches",
  admit: "admit the request",
  admission: "wait for a permit",
  llm: "model",
};

/**
 * The rows of a waterfall in the order in which they began. `llm` is left out where its attempts
 * are known, because they are what it consists of.
 */
export function waterfallOf({ phases, attempts }: Timeline, latencyMs: number): WaterfallRow[] {
  const bars = [
    ...phases
      .filter(({ name }) => name !== "llm" || attempts.length === 0)
      .map(({ name, start_ms, duration_ms }) => ({
        title: TITLES[name] ?? name,
        note: "",
        kind: "phase" as const,
        startMs: start_ms,
        durationMs: duration_ms,
      })),
    ...attempts.map((attempt) => ({
      title: attempt.model,
      note: noteOf(attempt),
      kind: attempt.outcome === "answered" ? ("attempt" as const) : ("failed-attempt" as const),
      startMs: attempt.start_ms,
      durationMs: attempt.duration_ms ?? 0,
    })),
  ].toSorted((a, b) => a.startMs - b.startMs);
  const first = Math.min(0, ...bars.map(({ startMs }) => startMs));
  const last = Math.max(latencyMs, ...bars.map(({ startMs, durationMs }) => startMs + durationMs));
  const whole = Math.max(1, last - first);
  return bars.map((bar) => ({ ...bar, left: (bar.startMs - first) / whole, width: bar.durationMs / whole }));
}

function noteOf({ provider, key, outcome, status, error_code, ttft_ms }: TimelineAttempt): string {
  return [
    `${provider}, key ${key}`,
    outcome,
    ...(status === undefined ? [] : [`HTTP ${status}`]),
    ...(error_code === undefined ? [] : [error_code]),
    ...(ttft_ms === undefined ? [] : [`first token after ${ttft_ms} ms`]),
  ].join(", ");
}
