import { AppError } from "../../domain/errors.ts";
import { byLane, type Lane } from "../../domain/lane.ts";
import { addTotals, type LiveTotals, noTotals, totalsSince } from "../../domain/metrics/live-totals.ts";
import type { LiveReading, MetricsObject } from "../../domain/metrics/metrics-messages.ts";
import { SLOT_MS } from "../../domain/metrics/metrics-share.ts";
import type { Clock } from "../../lib/clock.ts";
import { withTimeout } from "../../lib/deadline.ts";

/** What came in a time. */
export interface LivePoint {
  /** Unix ms, the end of the time. */
  at: number;
  /** How long it is, ms. */
  ms: number;
  totals: LiveTotals;
}

/**
 * What a live stream tells: the last minutes, then again and again what came since. `minute` is
 * what came in about the last minute. `silence`: the objects do not answer now.
 */
export type LiveEvent =
  | { type: "history"; points: LivePoint[] }
  | { type: "update"; point: LivePoint; minute: LiveTotals; active: Record<Lane, number> }
  | { type: "silence" };

/** What {@link followMetrics} needs. */
export interface FollowMetricsDeps extends Clock {
  /** Tells what this isolate has counted, and so learns that somebody watches. */
  flush(tenantId: string): Promise<void>;
  sharesOf(tenantId: string): readonly Pick<MetricsObject, "watch">[];
  newId(): string;
  sleep(ms: number): Promise<void>;
}

/** How often a stream tells what is new, ms. Isolates flush as often while somebody watches. */
const UPDATE_MS = 300;
/** A share that does not answer within this time is asked again, ms. */
const ANSWER_WITHIN_MS = 1_000;
/** After this time a stream ends, and its client connects again, ms. */
export const LIVE_FOR_MS = 300_000;
const MINUTE_MS = 60_000;

/** What one share told last, so that a share that begins anew does not hide what others count. */
interface FollowedShare {
  object: Pick<MetricsObject, "watch">;
  totals: LiveTotals | null;
}

/**
 * Follows a tenant's metrics. Throws a 429 where too many do. The events end after some minutes,
 * and when nobody reads them any more.
 */
export async function followMetrics(deps: FollowMetricsDeps, tenantId: string): Promise<AsyncGenerator<LiveEvent>> {
  const follower = deps.newId();
  const shares = deps.sharesOf(tenantId).map((object): FollowedShare => ({ object, totals: null }));
  const first = await askAll(shares, follower, true);
  if (first.includes(null)) {
    throw new AppError("rate_limit_error", "Too many live streams of the tenant are open.", { retryAfterMs: 10_000 });
  }
  await deps.flush(tenantId);
  return events(deps, { shares, follower, history: historyOf(first) });
}

interface Following {
  shares: FollowedShare[];
  follower: string;
  history: LivePoint[];
}

async function* events(deps: FollowMetricsDeps, { shares, follower, history }: Following): AsyncGenerator<LiveEvent> {
  const startedAt = deps.now();
  let recent = history;
  let before = startedAt;
  yield { type: "history", points: history };
  while (deps.now() - startedAt < LIVE_FOR_MS) {
    await deps.sleep(UPDATE_MS);
    const known = shares.map(({ totals }) => totals);
    const readings = (await askAll(shares, follower, false)).filter((each) => each !== null && each !== undefined);
    if (readings.length === 0) {
      yield { type: "silence" };
      continue;
    }
    const at = deps.now();
    const point = { at, ms: at - before, totals: newIn(shares, known) };
    before = at;
    recent = [...recent.filter((each) => at - each.at < MINUTE_MS), point];
    const minute = recent.reduce((sum, { totals }) => addTotals(sum, totals), noTotals());
    const active = byLane((lane) => readings.reduce((sum, each) => sum + each.active[lane], 0));
    yield { type: "update", point, minute, active };
  }
}

/** Asks every share. Null where it has too many followers, undefined where it does not answer. */
async function askAll(
  shares: FollowedShare[],
  follower: string,
  withHistory: boolean,
): Promise<(LiveReading | null | undefined)[]> {
  return Promise.all(
    shares.map(async (share) => {
      const asked = share.object.watch(follower, withHistory);
      const reading = await withTimeout(asked, ANSWER_WITHIN_MS, () => new Error("late")).catch(() => undefined);
      if (reading) share.totals = reading.totals;
      return reading;
    }),
  );
}

/** What is new since what was known. A share that is heard for the first time has nothing new. */
function newIn(shares: readonly FollowedShare[], known: readonly (LiveTotals | null)[]): LiveTotals {
  return shares.reduce((sum, { totals }, index) => {
    const before = known[index];
    return totals && before ? addTotals(sum, totalsSince(totals, before)) : sum;
  }, noTotals());
}

function historyOf(readings: readonly (LiveReading | null | undefined)[]): LivePoint[] {
  const slots = new Map<number, LiveTotals>();
  for (const { number, increments } of readings.flatMap((reading) => reading?.slots ?? [])) {
    slots.set(number, addTotals(slots.get(number) ?? noTotals(), increments));
  }
  const points = [...slots].toSorted(([a], [b]) => a - b);
  return points.map(([slot, totals]) => ({ at: (slot + 1) * SLOT_MS, ms: SLOT_MS, totals }));
}
