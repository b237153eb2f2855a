import { RUN_CRONS, SWEEP_CRON } from "../src/domain/crons.ts";

/** The part of a Worker's stub that the clock uses. */
interface ScheduledWorker {
  scheduled(event: { cron: string }): Promise<unknown>;
}

/** The crons of a minute: those of runs take turns. */
export const CRONS_OF_A_MINUTE: readonly string[] = [SWEEP_CRON, ...RUN_CRONS.slice(0, 1)];

/** Triggers the cron handler of a local server. */
export interface LocalClock {
  /** Triggers it now, apart from its interval. */
  tick(): void;
  stop(): void;
}

/** After this time, ms, a run keeps no other away: where the engine crashed it may never end. */
const LONGEST_RUN_MS = 30_000;

/**
 * Triggers the cron handler, because the engine does not: once at the start, then every `everyMs`,
 * but not while its last run is under way, for on a busy machine runs would pile up. A failed run
 * is ignored: the Worker reports it, and the next run follows. The stub is fetched for each run,
 * because the stub of a crashed engine throws for ever.
 */
export function startLocalClock(getWorker: () => Promise<ScheduledWorker>, everyMs: number): LocalClock {
  const run = async () => {
    const worker = await getWorker();
    await Promise.all(CRONS_OF_A_MINUTE.map(async (cron) => worker.scheduled({ cron })));
  };
  let current: { since: number } | undefined;
  const tick = () => {
    const mine = { since: Date.now() };
    current = mine;
    const end = () => {
      if (current === mine) current = undefined;
    };
    run().then(end, end);
  };
  tick();
  const timer = setInterval(() => {
    if (!current || Date.now() - current.since > LONGEST_RUN_MS) tick();
  }, everyMs);
  return { tick, stop: () => clearInterval(timer) };
}

/** The part of a D1 database that {@link freeAbandonedWork} uses. */
interface LocalDatabase {
  prepare(sql: string): { run(): Promise<unknown> };
}

/**
 * Makes the accepted work of a local server due. Its queues were in memory, so a restart lost every
 * wake-up, and every consumer that held a lease is gone. Leases of provider batches stay.
 */
export async function freeAbandonedWork(shard: LocalDatabase): Promise<void> {
  await shard
    .prepare("update batch_items set lease_until = 0 where state = 'running' and lease not like 'pba!_%' escape '!'")
    .run();
  await shard
    .prepare("update batch_groups set wake_at = 0 where open = 1 and waiting = 0 and queued + running > 0")
    .run();
}
