import { type ShownAnomaly, anomalyHref, anomalyText } from "../../ui/anomaly.ts";
import { Badge, Time } from "../../ui/small.tsx";

/** The most that stand below a plot. */
const MOST = 3;

/** What was unusual in a plot, each with the way to its executions. */
export function AnomalyList({ anomalies }: { anomalies: readonly ShownAnomaly[] }) {
  if (anomalies.length === 0) return null;
  return (
    <ul class="anomalies" aria-label="Anomalies">
      {anomalies.slice(0, MOST).map((anomaly) => (
        <li key={`${anomaly.subject.kind} ${anomaly.subject.name} ${anomaly.metric} ${anomaly.since}`}>
          <Badge tone={anomaly.severity === "critical" ? "bad" : "warn"}>{anomaly.severity}</Badge>{" "}
          <a href={anomalyHref(anomaly)}>{anomalyText(anomaly)}</a>{" "}
          <span class="muted">
            since <Time at={anomaly.since} />
            {anomaly.until !== null && ", over"}
          </span>
        </li>
      ))}
      {anomalies.length > MOST && (
        <li>
          <a href="/app/insights?tab=anomalies">{anomalies.length - MOST} more</a>
        </li>
      )}
    </ul>
  );
}
