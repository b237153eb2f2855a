import type { Outcome } from "../protocol/messages.ts";

/** How calls went since the gate was told last. Passes are summed up by key and model; failures are kept one by one, in their order. */
export interface Tally {
  passed(key: string, model: string, latencyMs: number, ttftMs: number): void;
  add(outcome: Exclude<Outcome, { kind: "passed" }>): void;
  /** Whether there is news that others should hear soon. */
  isUrgent(): boolean;
  /** Takes everything out. */
  take(): Outcome[];
}

/** An empty tally. */
export function createTally(): Tally {
  let outcomes: Outcome[] = [];
  return {
    passed(key, model, latency_ms, ttft_ms) {
      const last = outcomes.findLast((outcome) => outcome.key === key && "model" in outcome && outcome.model === model);
      if (last?.kind !== "passed") {
        outcomes.push({ kind: "passed", key, model, calls: 1, latency_ms, ttft_ms });
        return;
      }
      last.calls += 1;
      last.latency_ms += (latency_ms - last.latency_ms) / last.calls;
      last.ttft_ms += (ttft_ms - last.ttft_ms) / last.calls;
    },
    add: (outcome) => void outcomes.push(outcome),
    isUrgent: () => outcomes.some(({ kind }) => kind !== "passed"),
    take() {
      const taken = outcomes;
      outcomes = [];
      return taken;
    },
  };
}
