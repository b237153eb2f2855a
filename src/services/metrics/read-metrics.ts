import { exposeMetrics, type Measured } from "../../domain/metrics/exposition.ts";
import type { MetricsObject, MetricsReading } from "../../domain/metrics/metrics-messages.ts";
import { mergeReadings } from "../../domain/metrics/metrics-share.ts";
import { LANES } from "../../domain/lane.ts";
import { withTimeout } from "../../lib/deadline.ts";

/** Asks the owner of some measurements, such as the gates. */
export type MetricsSource = () => Promise<Measured[]>;

/** What {@link readMetrics} needs. */
export interface ReadMetricsDeps {
  /** Tells what this isolate has counted. */
  flush(tenantId: string | null): Promise<void>;
  /** The shares of a tenant's metrics, or of the deployment's where it is null. */
  sharesOf(tenantId: string | null): readonly Pick<MetricsObject, "read">[];
  /** Who knows what is so now, by a name. */
  sourcesOf(tenantId: string | null): Readonly<Record<string, MetricsSource>>;
}

/** What a source may take, ms: a scrape ends after ten seconds. */
const SOURCE_WITHIN_MS = 3_000;

/**
 * The metrics of a tenant, or of the deployment where it is null, in the text format of Prometheus.
 * A source that does not answer in time is marked, and the others are told.
 */
export async function readMetrics(deps: ReadMetricsDeps, tenantId: string | null): Promise<string> {
  await deps.flush(tenantId);
  const sources = Object.entries(deps.sourcesOf(tenantId)).map(async ([name, ask]) => askSource(name, ask));
  const shares = deps.sharesOf(tenantId).map(async (share) => share.read());
  const [readings, ...measured] = await Promise.all([askShares(shares), ...sources]);
  const { active, counted, ledger_lag_ms } = mergeReadings(readings.answered);
  const gauges: Measured[] = [
    ...LANES.map((lane) => ({ metric: "active" as const, labels: [lane], value: active[lane] })),
    { metric: "ledgerLag", labels: [], value: ledger_lag_ms / 1000 },
    sourceUp("counts", readings.isComplete),
  ];
  return exposeMetrics(counted, [...gauges, ...measured.flat()]);
}

async function askSource(name: string, ask: MetricsSource): Promise<Measured[]> {
  try {
    return [...(await inTime(ask())), sourceUp(name, true)];
  } catch {
    return [sourceUp(name, false)];
  }
}

async function askShares(asked: readonly Promise<MetricsReading>[]) {
  const settled = await Promise.allSettled(asked.map(inTime));
  const answered = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  return { answered, isComplete: answered.length === asked.length };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  return withTimeout(work, SOURCE_WITHIN_MS, () => new Error("late"));
}

function sourceUp(source: string, isUp: boolean): Measured {
  return { metric: "sourceUp", labels: [source], value: isUp ? 1 : 0 };
}
