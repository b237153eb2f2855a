import { tickProviderBatches } from "../../../src/services/batches/tick-provider-batches.ts";
import { makeProviderWish } from "./batch-wish.ts";
import type { FaultName } from "./faults.ts";
import type { Ground } from "./network.ts";
import type { WorldBatches } from "./world-batches.ts";

/** What the part of a world needs in which the providers' own batches run. */
export interface ProviderPhase extends Omit<Ground, "faults"> {
  batches: WorldBatches;
  /** The faults of the plan, and those that are switched on. */
  planned: ReadonlySet<FaultName>;
  faults: Set<FaultName>;
  /** One fault of each kind. */
  crash(): void;
  evict(): void;
  spoilShard(): void;
}

/** Batches of a world in this mode, and within which time they come, in ms. */
const BATCHES = 5;
const ARRIVE_MS = 240_000;
/** How long things go wrong, and the mean times between two faults, in ms. */
const TROUBLE_MS = 1_800_000;
const EVERY_MS = { crash: 90_000, evict: 60_000, mood: 80_000 };
/** The cron runs every minute, as in wrangler.toml. */
const TICK_MS = 60_000;
/**
 * The share of ticks that the platform ends in the middle, and of those that stand still for longer
 * than their claim lasts; and when at most, in ms.
 */
const ENDED = { share: 0.2, within_ms: 4_000, stall_ms: 330_000 };
/** A provider may keep a batch for a day, and the queue needs some time for the rest, in ms. */
const LONGEST = { longestMs: 30 * 3_600_000, lookMs: 60_000 };

/**
 * Sends batches to the providers' own batch APIs and advances them by the cron, in trouble at
 * first, until all of them have ended.
 */
export async function runProviderPhase(phase: ProviderPhase): Promise<void> {
  const { clock, random, batches, planned, faults } = phase;
  const until = clock.elapsed() + TROUBLE_MS;
  for (const fault of planned) faults.add(fault);
  for (let index = 1; index <= BATCHES; index++) {
    clock.in(undefined, random.between(0, ARRIVE_MS), () => void batches.visit(`p${index}`, makeProviderWish));
  }
  repeat(phase, EVERY_MS.crash, until, () => planned.has("crashes") && phase.crash());
  repeat(phase, EVERY_MS.evict, until, () => planned.has("evictions") && phase.evict());
  repeat(phase, EVERY_MS.mood, until, () => planned.has("storage") && phase.spoilShard());
  planTicks(phase, 1);
  await clock.runUntil(planned.size > 0 ? until : clock.elapsed() + ARRIVE_MS);
  for (const fault of planned) if (fault !== "cancellations") faults.delete(fault);
  batches.isCalm = true;
  await batches.untilQuiet(LONGEST);
}

function repeat(phase: ProviderPhase, meanMs: number, until: number, run: () => void): void {
  const { clock, random } = phase;
  clock.in(undefined, random.exponential(1 / meanMs), () => {
    if (clock.elapsed() > until) return;
    run();
    repeat(phase, meanMs, until, run);
  });
}

function planTicks(phase: ProviderPhase, number: number): void {
  const { clock, batches } = phase;
  clock.in(undefined, TICK_MS, () => {
    planTicks(phase, number + 1);
    if (batches.isIdle()) return;
    void batches.request(
      `tick${number}`,
      async (_deps, isolate) => tickProviderBatches(isolate.providerBatches),
      ENDED,
    );
  });
}
