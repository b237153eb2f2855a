import type { OperationResult } from "../../client/index.ts";

/** Something unusual, as the API tells it. */
export type ShownAnomaly = OperationResult<"GET /v1/insights/anomalies">["data"][number];

/** What each metric is, in words. */
export const METRICS: Record<ShownAnomaly["metric"], string> = {
  rate: "executions",
  errors: "error rate",
  latency: "latency",
  cost: "cost of an execution",
  quality: "feedback",
};

/** An anomaly in words: `error rate of support-reply up`. */
export function anomalyText({ metric, subject, direction }: ShownAnomaly): string {
  return `${METRICS[metric]} of ${subject.name} ${direction}`;
}

/** The address of the executions behind an anomaly: its subject's, in its time. */
export function anomalyHref({ subject, metric, since, until }: ShownAnomaly): string {
  const search = new URLSearchParams({ [subject.kind]: subject.name });
  if (metric === "errors") search.set("status", "failed");
  search.set("since", since);
  if (until !== null) search.set("until", until);
  return `/app/executions?${search.toString()}`;
}

/** The anomalies of a time, those that last first, then the newest. */
export function anomaliesIn(
  anomalies: readonly ShownAnomaly[],
  { from, to }: { from: string; to: string },
): ShownAnomaly[] {
  const isIn = ({ since, until }: ShownAnomaly) =>
    Date.parse(since) < Date.parse(to) && (until === null || Date.parse(until) > Date.parse(from));
  const rankOf = ({ since, until }: ShownAnomaly) => (until === null ? 0 : 1e15) - Date.parse(since);
  return anomalies.filter(isIn).toSorted((a, b) => rankOf(a) - rankOf(b));
}
