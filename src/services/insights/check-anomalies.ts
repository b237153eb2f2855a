import { afterEvents, eventsOf, tellAnomalies } from "../../domain/insights/told-anomalies.ts";
import { subjectKey } from "../../domain/ledger/insight-messages.ts";
import { HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import { BUCKETS, bucketOf } from "../../domain/shard.ts";
import type { AnomalyWatches } from "../../storage/insights/anomaly-watches.ts";
import type { PublishEvent } from "../webhooks/publish-event.ts";
import type { InsightDeps } from "./examined-subjects.ts";
import { COMPLETE_AFTER_MS, readAnomalies } from "./read-anomalies.ts";

/** What looking for anomalies needs. */
export interface CheckAnomaliesDeps extends InsightDeps {
  watches: Pick<AnomalyWatches, "due" | "claim" | "tell" | "dropIfUnwanted">;
  publishEvent: PublishEvent;
  /** Wakes consumers that look at tenants. A failure does no harm: the sweep wakes them again. */
  wake(tenantIds: readonly string[]): Promise<void>;
}

/** How long a consumer has for a tenant; after that it counts as lost. */
const LEASE_MS = 300_000;
/** Tenants that one sweep takes up on each of the four shards: 12,000 an hour. */
const SWEPT_AT_ONCE = 50;
/** Tenants are spread over this time after the end of an hour. */
const SPREAD_MS = 600_000;

/**
 * Tells a tenant's webhooks what became unusual and what is over again, if the tenant is due. What
 * it is told of is stored before the events are raised: if this dies and is repeated, it raises the
 * same events, which are sent once.
 */
export async function checkAnomalies(deps: CheckAnomaliesDeps, tenantId: string): Promise<void> {
  const { watches } = deps;
  const now = deps.now();
  const claimed = await watches.claim(tenantId, now, now + LEASE_MS);
  if (!claimed || (await watches.dropIfUnwanted(tenantId))) return;
  // One that was told of is looked at until it is over, though others may have more executions now.
  const known = new Map(claimed.told.map(({ anomaly }) => [subjectKey(anomaly.subject), anomaly.subject]));
  const { anomalies, to } = await readAnomalies(deps, tenantId, {}, [...known.values()]);
  const told = tellAnomalies(claimed.told, anomalies, to);
  if (!(await watches.tell(claimed, told, claimed.until))) return;
  for (const each of told) {
    for (const event of eventsOf(each, to)) await deps.publishEvent(tenantId, event);
  }
  await watches.tell(claimed, afterEvents(told), nextCheck(tenantId, now));
}

/** Wakes consumers for the tenants that are due. Returns how many it woke. */
export async function sweepAnomalies(deps: CheckAnomaliesDeps): Promise<number> {
  const due = await deps.watches.due(deps.now(), SWEPT_AT_ONCE);
  if (due.length > 0) await deps.wake(due);
  return due.length;
}

/** When the hour under way is complete, and a moment of the tenant's own after that, Unix ms. */
export function nextCheck(tenantId: string, now: number): number {
  const own = (SPREAD_MS * bucketOf(tenantId)) / BUCKETS;
  return (hourOf(now - COMPLETE_AFTER_MS - own) + 1) * HOUR_MS + COMPLETE_AFTER_MS + Math.floor(own);
}
