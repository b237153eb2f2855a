import { isBuiltIn } from "../completions/completion.ts";
import { type MetricsDelta, OTHER, MetricCounts, valuesIn } from "./metric-counts.ts";

/** What all upstreams of tenants are called in the metrics of the deployment. */
const UPSTREAM = "upstream";

/**
 * A tenant's counts as they are added to those of the deployment: without names that the tenant
 * chose.
 */
export function toDeploymentDelta(delta: MetricsDelta): MetricsDelta {
  const counts = new MetricCounts();
  for (const [family, rows] of Object.entries(delta)) {
    for (const [key, numbers] of Object.entries(rows)) {
      counts.merge({ [family]: { [JSON.stringify(anonymous(family, valuesIn(key)))]: numbers } });
    }
  }
  return counts.read();
}

function anonymous(family: string, values: string[]): string[] {
  if (family === "executions") return ["", ...values.slice(1)];
  const [provider = ""] = values;
  if (family === "attempts" && !isBuiltIn(provider)) return [UPSTREAM, OTHER, ...values.slice(2)];
  return values;
}
