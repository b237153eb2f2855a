import { type ModelTier, ROUTED_MODELS, tierOf } from "../../domain/completions/model-tiers.ts";
import type { QualityHistory } from "../../domain/completions/routing.ts";
import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { ModelScores } from "../../storage/executions/feedback-scores.ts";

/** Age in milliseconds at which the next use of a history refreshes it. */
export const REFRESH_MS = 60_000;
/** Histories that an isolate keeps. The least recently used ones make room. */
export const MAX_HISTORIES = 1000;

/**
 * The feedback of end users on a prompt's answers, from memory, without waiting. A call for a
 * history that is missing or older than {@link REFRESH_MS} reads it in the background, for the
 * calls after it. So an isolate's first choice for a prompt has no history, and new feedback takes
 * up to a minute and one more call to count.
 */
export type Quality = (tenantId: string, promptName: string) => QualityHistory | undefined;

/**
 * The dependencies of {@link createQualityHistory}. `background` keeps work alive behind the
 * response.
 */
export interface QualityHistoryDeps extends Clock {
  executions: Pick<ExecutionRepository, "feedbackScores">;
  background(work: Promise<void>): void;
  onError(error: unknown): void;
}

interface Entry {
  history: QualityHistory | undefined;
  /** When its last read began. A failed read is not repeated sooner than a good one. */
  read_at: number;
}

/** Creates a {@link Quality} with an empty memory. */
export function createQualityHistory(deps: QualityHistoryDeps): Quality {
  const entries = new LruMap<string, Entry>({ maxEntries: MAX_HISTORIES });

  async function refresh(entry: Entry, tenantId: string, promptName: string): Promise<void> {
    try {
      entry.history = toHistory(await deps.executions.feedbackScores(tenantId, promptName, ROUTED_MODELS));
    } catch (error) {
      deps.onError(error);
    }
  }

  return function quality(tenantId, promptName) {
    const key = `${tenantId}/${promptName}`;
    const known = entries.get(key);
    const entry = known ?? { history: undefined, read_at: -Infinity };
    if (!known) entries.set(key, entry);
    const now = deps.now();
    if (now - entry.read_at >= REFRESH_MS) {
      entry.read_at = now;
      deps.background(refresh(entry, tenantId, promptName));
    }
    return entry.history;
  };
}

function toHistory(scores: readonly ModelScores[]): QualityHistory {
  const sums = new Map<ModelTier, { count: number; sum: number }>();
  for (const { model, count, sum } of scores) {
    const tier = tierOf(model);
    if (tier === undefined || count === 0) continue;
    const known = sums.get(tier) ?? { count: 0, sum: 0 };
    sums.set(tier, { count: known.count + count, sum: known.sum + sum });
  }
  const ratings = [...sums].map(([tier, { count, sum }]) => [tier, { mean: sum / count, count }] as const);
  return Object.fromEntries(ratings);
}
