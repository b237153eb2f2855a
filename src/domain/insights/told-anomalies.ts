import { subjectKey } from "../ledger/insight-messages.ts";
import type { WebhookEvent } from "../webhooks/webhook-event.ts";
import type { Anomaly } from "./find-anomalies.ts";

/** An anomaly that a tenant is told of, from the event that it began to the one that it is over. */
export interface ToldAnomaly {
  anomaly: Anomaly;
  /** Whether its first event was raised. */
  isRaised: boolean;
}

/** The most anomalies that a tenant is told of at a time: the critical ones, then the newest. */
const MOST_TOLD = 50;
const DIGITS = 6;

/**
 * What a tenant is told of after its hours were looked at again. One that lasts keeps its first
 * words, and with them the keys of its events, however often it is found anew; one that is found no
 * more is over at `now` (Unix ms) at the latest.
 */
export function tellAnomalies(told: readonly ToldAnomaly[], found: readonly Anomaly[], now: number): ToldAnomaly[] {
  const lasting = new Map(found.filter(({ until }) => until === null).map((each) => [keyOf(each), each]));
  const known = new Set(told.map(({ anomaly }) => keyOf(anomaly)));
  const over = (each: ToldAnomaly): ToldAnomaly => {
    if (each.anomaly.until !== null || lasting.has(keyOf(each.anomaly))) return each;
    const ended = found.find((other) => keyOf(other) === keyOf(each.anomaly) && other.until !== null);
    return { ...each, anomaly: { ...each.anomaly, until: Math.max(ended?.until ?? now, each.anomaly.since) } };
  };
  const added = [...lasting.values()]
    .filter((each) => !known.has(keyOf(each)))
    .toSorted((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical") || b.since - a.since)
    .map((anomaly): ToldAnomaly => ({ anomaly, isRaised: false }));
  return [...told.map(over), ...added].slice(0, Math.max(MOST_TOLD, told.length));
}

/** The events that a tenant was not told yet. */
export function eventsOf({ anomaly, isRaised }: ToldAnomaly, now: number): WebhookEvent[] {
  const firing = isRaised ? [] : [anomalyEvent({ ...anomaly, until: null }, "firing", now)];
  return anomaly.until === null ? firing : [...firing, anomalyEvent(anomaly, "resolved", now)];
}

/** What is left to be told of once the events were raised. */
export function afterEvents(told: readonly ToldAnomaly[]): ToldAnomaly[] {
  return told.filter(({ anomaly }) => anomaly.until === null).map((each) => ({ ...each, isRaised: true }));
}

/** An anomaly as the API and its webhooks have it: with times of RFC 3339. */
export function toAnomalyData({ worst, ...anomaly }: Anomaly) {
  const number = (value: number) => Number(value.toPrecision(DIGITS));
  return {
    ...anomaly,
    since: timeText(anomaly.since),
    until: anomaly.until === null ? null : timeText(anomaly.until),
    found_at: timeText(anomaly.found_at),
    worst: {
      at: timeText(worst.at),
      observed: number(worst.observed),
      expected: number(worst.expected),
      low: number(worst.low),
      high: number(worst.high),
    },
  };
}

function anomalyEvent(anomaly: Anomaly, state: "firing" | "resolved", at: number): WebhookEvent {
  const { subject, since } = anomaly;
  return {
    type: "anomaly.detected",
    key: `anomaly.detected/${keyOf(anomaly)}/${since}/${state}`,
    prompt: subject.kind === "prompt" ? subject.name : null,
    at,
    data: { state, ...toAnomalyData(anomaly) },
  };
}

function keyOf({ subject, metric, direction }: Anomaly): string {
  return `${subjectKey(subject)}/${metric}/${direction}`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
