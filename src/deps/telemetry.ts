import type { ObserveExecution } from "../services/executions/ended-execution.ts";

/** What watches executions. */
export interface TelemetryServices {
  observe: ObserveExecution;
}

/** Tells each of those who watch executions of every one that ends. */
export function buildTelemetry(watchers: readonly ObserveExecution[]): TelemetryServices {
  return {
    observe(ended) {
      for (const watch of watchers) watch(ended);
    },
  };
}
