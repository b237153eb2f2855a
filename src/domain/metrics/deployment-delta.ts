import { isBuiltIn, PROVIDERS } from "../completions/completion.ts";
import { listPriceOf } from "../completions/price-table.ts";
import { type MetricsDelta, OTHER, MetricCounts, valuesIn } from "./metric-counts.ts";

/** What all upstreams of tenants are called in the metrics of the deployment. */
const UPSTREAM = "upstream";

/**
 * A tenant's counts as they are added to those of the deployment: without names that the tenant
 * chose, which could be secret, or so many that no row is left for other tenants. Of models it has
 * those with a list price.
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
  if (family === "executions") {
    const [, model = "", ...others] = values;
    // Executions are not told apart by provider.
    return ["", listed(PROVIDERS, model), ...others];
  }
  if (family !== "attempts") return values;
  const [provider = "", model = "", ...others] = values;
  return isBuiltIn(provider) ? [provider, listed([provider], model), ...others] : [UPSTREAM, OTHER, ...others];
}

/**
 * The model, if it has none of the names that tenants choose: of an upstream's, or of a tuned one.
 */
function listed(providers: readonly string[], model: string): string {
  return model === "" || providers.some((provider) => listPriceOf(provider, model) !== null) ? model : OTHER;
}
