import { servicesOf } from "./deps/services.ts";
import { describeError, log } from "./telemetry/log.ts";

/** What is done each minute: what it did, by kind. Its event is logged where it did something. */
type Duty = readonly [event: string, fault: string, work: () => Promise<Record<string, number>>];

/**
 * Runs every minute: advances the provider batches, moves executions from before the ledger, wakes
 * the deliveries of webhooks and the runs of tests, experiments and chains that are due, tells of
 * labels that moved, takes up promotions and looks at splits, has tenants looked at for anomalies,
 * moves buckets between shards, sends lost wake-ups again and deletes old batches and entries of the
 * audit log. A fault of the others is only logged, so that it does not hide the sweep's.
 */
export async function handleScheduled(_controller: ScheduledController, env: Env): Promise<void> {
  const services = servicesOf(env);
  const duties: Duty[] = [
    ["provider_batches", "provider_batches_fault", async () => ({ ...(await services.tickProviderBatches()) })],
    ["executions_moved", "executions_unmoved", async () => ({ count: await services.moveExecutions() })],
    ["webhooks_woken", "webhooks_unswept", async () => ({ count: await services.sweepEvents() })],
    ["anomalies_swept", "anomalies_unswept", async () => services.sweepAnomalies().then(() => ({}))],
    ["moves_told", "moves_untold", async () => ({ count: await services.sweepMoves() })],
    ["promotions_swept", "promotions_unswept", async () => ({ ...(await services.sweepPromotions()) })],
    ["test_runs_woken", "test_runs_unswept", async () => ({ count: await services.sweepTestRuns() })],
    ["experiments_woken", "experiments_unswept", async () => ({ count: await services.sweepExperiments() })],
    ["shard_moves_advanced", "shard_moves_unswept", async () => ({ ...(await services.advanceMoves()) })],
    ["chain_runs_swept", "chain_runs_unswept", async () => ({ ...(await services.sweepChainRuns()) })],
    ["audit_swept", "audit_unswept", async () => ({ count: await services.sweepAudit() })],
  ];
  const sweep: Duty = ["swept", "unswept", async () => ({ ...(await services.sweepBatches()) })];
  const swept = done(sweep);
  await Promise.all(duties.map(async (duty) => done(duty).catch((error: unknown) => tellFault(duty, error))));
  await swept;
}

async function done([event, , work]: Duty): Promise<void> {
  const did = await work();
  if (Object.values(did).some((count) => count > 0)) log("info", event, did);
}

function tellFault([, fault]: Duty, error: unknown): void {
  log("error", fault, { error: describeError(error) });
}
