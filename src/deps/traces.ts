import type { Config } from "../config.ts";
import type { TracedRun } from "../domain/traces/run-span.ts";
import { otlpJson } from "../domain/traces/otlp-json.ts";
import type { ObserveExecution } from "../services/executions/ended-execution.ts";
import type { Vault } from "../services/tenants/vault.ts";
import type { TenantRecords } from "../services/tenants/tenant-records.ts";
import { type Collector, tracesUrl } from "../services/traces/collector.ts";
import { TenantTelemetry } from "../services/traces/tenant-telemetry.ts";
import { TraceExporter } from "../services/traces/trace-exporter.ts";
import type { Shards } from "../storage/shards.ts";
import { TelemetryRepository } from "../storage/tenants/telemetry.ts";
import type { TenantRepository } from "../storage/tenants/tenants.ts";
import { clock, defer, publicFetch, report, sleep } from "./runtime.ts";

/** What routes call for traces. */
export interface TraceServices {
  telemetry: TenantTelemetry;
  /** The share of a tenant's traces that some collector gets, from 0 to 1. */
  traceShareOf(tenantId: string): number;
}

/** What traces are built over. */
export interface TraceParts {
  shards: Shards;
  tenants: TenantRepository;
  tenantRecords: TenantRecords;
  vault: Vault;
}

/** Traces: what routes call, and what is told of executions and runs that have ended. */
interface BuiltTraces {
  services: TraceServices;
  observe: ObserveExecution;
  observeRun: (run: TracedRun) => void;
}

/** Builds the export of traces, to the deployment's collector and to those of tenants. */
export function buildTraces(config: Config, parts: TraceParts): BuiltTraces {
  const { endpoint, headers, sample, slowMs, earlierNames } = config.traces;
  const allowedOrigins = config.batch.webhookOrigins;
  const telemetry = new TenantTelemetry({
    ...clock,
    ...parts,
    telemetry: new TelemetryRepository(parts.shards),
    onFault: report,
    allowedOrigins,
  });
  const own: Collector[] =
    endpoint === "" ? [] : [{ id: "", url: tracesUrl(endpoint), headers, sample, content: false }];
  const fetchPublic = publicFetch(allowedOrigins);
  const resource = { "service.name": "pbt-edge", "deployment.environment.name": config.env };
  const exporter = new TraceExporter({
    ...clock,
    sleep,
    defer,
    slowMs,
    earlierNames,
    endpoints: config.providers,
    // The deployment's own may be anywhere, and a tenant's only where the public can reach it.
    post: async ({ id, url }, init) => (id === "" ? fetch(url, init) : fetchPublic(url, init)),
    write: (spans) => otlpJson(spans, resource),
    isWanted: (tenantId) => own.length > 0 || telemetry.mayHaveCollector(tenantId),
    async collectorsOf(tenantId) {
      // Null where the tenant's cannot be read now: the deployment's own gets its spans anyway.
      const ofTenant = await telemetry.collectorOf(tenantId);
      return ofTenant ? [...own, ofTenant] : own;
    },
    onDropped(tenant_id, count, fault) {
      report("spans_dropped", new Error(fault), { tenant_id, count: String(count) });
    },
  });
  const share = own.length > 0 ? sample : 0;
  return {
    services: { telemetry, traceShareOf: (tenantId) => Math.max(share, telemetry.shareOf(tenantId)) },
    observe: (ended) => exporter.observe(ended),
    observeRun: (run) => exporter.observeRun(run),
  };
}
