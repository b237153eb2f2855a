/** What came in a time (docs/metrics.md): sums of the `ms` that end `at`. */
export interface LiveSums {
  at: string;
  ms: number;
  requests: number;
  request_errors: number;
  throttled: number;
  executions: number;
  failed: number;
  within_sla: number;
  cost_usd: number;
  saved_usd: number;
  memory: number;
  edge: number;
  kv: number;
  flight: number;
  calls: number;
  failed_calls: number;
  input_tokens: number;
  output_tokens: number;
}

/** Times of the last minute, ms; null where nothing was measured. */
export interface LiveTimes {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** A point with what is known of now. */
export interface LiveUpdate extends LiveSums {
  active: Record<"high" | "standard" | "batch", number>;
  duration: LiveTimes;
  first_token: LiveTimes;
  overhead: LiveTimes;
}

/** What a live view shows: the last minutes, and now. */
export interface Live {
  state: "connecting" | "live" | "silent";
  /** Why the server gives no stream; null where it did not say. */
  refusal: string | null;
  points: LiveSums[];
  updates: LiveUpdate[];
  now: LiveUpdate | null;
}

/** The view before the first event. */
export const NOTHING_YET: Live = { state: "connecting", refusal: null, points: [], updates: [], now: null };

/** How far back points are kept, ms: as long as the stream's own history. */
const KEPT_MS = 300_000;

/** A live view after one more event of the stream. */
export function withEvent(live: Live, event: string, value: unknown): Live {
  if (event === "history") {
    const { points } = value as { points: LiveSums[] };
    return { ...live, state: "live", refusal: null, points };
  }
  if (event !== "update") return live;
  const update = value as LiveUpdate;
  const from = Date.parse(update.at) - KEPT_MS;
  const isKept = ({ at }: LiveSums) => Date.parse(at) >= from;
  return {
    state: "live",
    refusal: null,
    points: [...live.points.filter(isKept), update],
    updates: [...live.updates.filter(isKept), update],
    now: update,
  };
}
