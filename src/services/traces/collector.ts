import { withoutTrailing } from "../../lib/without-trailing.ts";

/** Where spans are sent: the deployment's collector, or a tenant's own. */
export interface Collector {
  /** Tells collectors apart: empty for the deployment's, else the tenant's id. */
  id: string;
  /** Where traces are posted to. */
  url: string;
  /** Secrets. */
  headers: Readonly<Record<string, string>>;
  /** The share of traces that it gets, from 0 to 1, where no caller decides. */
  sample: number;
  /** Whether it gets what models were asked and what they said. */
  content: boolean;
}

const TRACES_PATH = "/v1/traces";

/**
 * Where an endpoint takes traces: below it, by the OTLP specification, unless it names the path
 * itself.
 */
export function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith(TRACES_PATH)) url.pathname = withoutTrailing(url.pathname, "/") + TRACES_PATH;
  return url.href;
}
