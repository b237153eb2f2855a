import { type ObserveExecution, tellEach } from "../services/executions/ended-execution.ts";
import { report } from "./runtime.ts";

/** What watches executions. */
export interface TelemetryServices {
  observe: ObserveExecution;
}

/** Tells each of those who watch executions of every one that ends. */
export function buildTelemetry(watchers: readonly ObserveExecution[]): TelemetryServices {
  return { observe: tellEach(watchers, report) };
}
