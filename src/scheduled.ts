import { type Services, servicesOf } from "./deps/services.ts";
import { RUN_CRONS } from "./domain/crons.ts";
import { countStatements } from "./services/system/count-statements.ts";
import { describeError, log } from "./telemetry/log.ts";

/** What is done each minute: what it did, by kind. Its event is logged where it did something. */
type Duty = readonly [event: string, fault: string, work: () => Promise<Record<string, number>>];

/** The D1 statements that an invocation may make (developers.cloudflare.com/d1/platform/limits). */
const MOST_QUERIES = 1_000;

/**
 * Runs every minute, once for each group of duties. One advances the provider batches, moves
 * executions from before the ledger, wakes the deliveries of webhooks, tells of labels that moved,
 * has tenants looked at for anomalies, sends lost wake-ups again and deletes old batches and entries
 * of the audit log. The other wakes the runs of tests, experiments and chains that are due, takes up
 * promotions and looks at splits, and then moves buckets between shards. A fault of the others is
 * only logged, so that it does not hide the sweep's.
 */
export async function handleScheduled({ cron }: ScheduledController, env: Env): Promise<void> {
  const services = servicesOf(env);
  const duties = RUN_CRONS.includes(cron) ? doDutiesOfRuns : doSweep;
  const queries = await countStatements(async () => duties(services));
  if (queries > 0.95 * MOST_QUERIES) log("error", "cron_near_limit", { cron, queries, most: MOST_QUERIES });
}

async function doSweep(services: Services): Promise<void> {
  const duties: Duty[] = [
    ["provider_batches", "provider_batches_fault", async () => ({ ...(await services.tickProviderBatches()) })],
    ["executions_moved", "executions_unmoved", async () => ({ count: await services.moveExecutions() })],
    ["webhooks_woken", "webhooks_unswept", async () => ({ count: await services.sweepEvents() })],
    ["anomalies_swept", "anomalies_unswept", async () => services.sweepAnomalies().then(() => ({}))],
    ["moves_told", "moves_untold", async () => ({ count: await services.sweepMoves() })],
    ["audit_swept", "audit_unswept", async () => ({ count: await services.sweepAudit() })],
  ];
  const sweep: Duty = ["swept", "unswept", async () => ({ ...(await services.sweepBatches()) })];
  const swept = done(sweep);
  await doAll(duties);
  await swept;
}

/** Moves come last: they take what the others leave of the invocation's statements. */
async function doDutiesOfRuns(services: Services): Promise<void> {
  await doAll([
    ["promotions_swept", "promotions_unswept", async () => ({ ...(await services.sweepPromotions()) })],
    ["test_runs_woken", "test_runs_unswept", async () => ({ count: await services.sweepTestRuns() })],
    ["experiments_woken", "experiments_unswept", async () => ({ count: await services.sweepExperiments() })],
    ["chain_runs_swept", "chain_runs_unswept", async () => ({ ...(await services.sweepChainRuns()) })],
  ]);
  await doAll([["shard_moves_advanced", "shard_moves_unswept", async () => ({ ...(await services.advanceMoves()) })]]);
}

async function doAll(duties: readonly Duty[]): Promise<void> {
  await Promise.all(duties.map(async (duty) => done(duty).catch((error: unknown) => tellFault(duty, error))));
}

async function done([event, , work]: Duty): Promise<void> {
  const did = await work();
  if (Object.values(did).some((count) => count > 0)) log("info", event, did);
}

function tellFault([, fault]: Duty, error: unknown): void {
  log("error", fault, { error: describeError(error) });
}
