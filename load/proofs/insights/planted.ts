import type { Metric } from "../../../src/domain/insights/metric.ts";
import type { PromptPlan } from "./prompt-plan.ts";

/** An hour of a prompt before chance: its plan, and the season of other hours. */
export interface PlannedHour extends PromptPlan {
  /** The season so many hours later. */
  seasonAt(shift: number): number;
}

/** Something wrong with a prompt, from an hour on for a number of hours. */
export interface Planted {
  kind: string;
  metric: Metric;
  prompt: string;
  /** Hours since the first one. */
  from: number;
  hours: number;
  change: (usual: PlannedHour, at: number) => PlannedHour;
}

interface Kind {
  metric: Metric;
  hours: number;
  /** `since` is how many hours ago it began. */
  change: (usual: PlannedHour, since: number) => PlannedHour;
}

/** The kinds of anomalies. All are of prompts with some executions an hour. */
export const KINDS: Record<string, Kind> = {
  spike: { metric: "rate", hours: 3, change: (usual) => ({ ...usual, rate: usual.rate * 3 }) },
  "drop to zero": { metric: "rate", hours: 8, change: (usual) => ({ ...usual, rate: 0 }) },
  "level shift": { metric: "rate", hours: 60, change: (usual) => ({ ...usual, rate: usual.rate * 1.7 }) },
  "seasonal break": {
    metric: "rate",
    hours: 24,
    change: (usual) => ({ ...usual, rate: (usual.rate * 1.8 * usual.seasonAt(12)) / usual.seasonAt(0) }),
  },
  "slow drift": {
    metric: "latency",
    hours: 72,
    change: (usual, since) => ({ ...usual, latencyMs: usual.latencyMs * (1 + since / 72) }),
  },
  "latency rise": { metric: "latency", hours: 12, change: (usual) => ({ ...usual, latencyMs: usual.latencyMs * 1.6 }) },
  "error burst": { metric: "errors", hours: 4, change: (usual) => ({ ...usual, errors: usual.errors + 0.25 }) },
  "cost jump": { metric: "cost", hours: 36, change: (usual) => ({ ...usual, nanousd: usual.nanousd * 1.5 }) },
  "quality drop": { metric: "quality", hours: 60, change: (usual) => ({ ...usual, quality: usual.quality - 0.3 }) },
};

/** An anomaly of a kind, on a prompt, from an hour on. */
export function plant(kind: string, prompt: string, from: number): Planted {
  const { metric, hours, change } = KINDS[kind] ?? {};
  if (metric === undefined || hours === undefined || change === undefined) throw new Error(`no kind ${kind}`);
  return {
    kind,
    metric,
    prompt,
    from,
    hours,
    change: (usual, at) => (at >= from && at < from + hours ? change(usual, at - from) : usual),
  };
}
