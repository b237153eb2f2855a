import { type ModelTier, tierOf } from "../../domain/completions/model-tiers.ts";
import type { QualityHistory } from "../../domain/completions/routing.ts";
import type { FeedbackRepository, ModelScores } from "../../storage/executions/feedback.ts";
import type { Clock } from "../../lib/clock.ts";

/** The age from which a request for a history triggers another read, in ms. */
export const REFRESH_MS = 60_000;
/** The most histories that an isolate keeps. The least recently used one is dropped first. */
export const MAX_HISTORIES = 1000;

/**
 * Reads the feedback of end users on a prompt's answers from memory, and never waits. Where the
 * history is missing or older than {@link REFRESH_MS}, it is read in the background for the
 * requests that follow. So an isolate routes the first execution of a prompt without history, and
 * new feedback counts once a refresh has read it.
 */
type QualityReader = (tenantId: string, promptName: string) => QualityHistory | undefined;

/**
 * What {@link createQualityHistory} needs. `background` keeps work alive after the reply was sent.
 */
export interface QualityHistoryDeps extends Clock {
  feedback: FeedbackRepository;
  background(work: Promise<void>): void;
  onError(error: unknown): void;
}

interface Entry {
  history: QualityHistory | undefined;
  /** When the last read began, in Unix ms. A failed read is not repeated sooner than a good one. */
  read_at: number;
}

/** Creates a reader of quality histories with a memory of its own. */
export function createQualityHistory(deps: QualityHistoryDeps): QualityReader {
  const entries = new Map<string, Entry>();

  async function refresh(entry: Entry, tenantId: string, promptName: string): Promise<void> {
    try {
      entry.history = toHistory(await deps.feedback.scores(tenantId, promptName));
    } catch (error) {
      deps.onError(error);
    }
  }

  return function quality(tenantId, promptName) {
    const key = `${tenantId}/${promptName}`;
    const entry = entries.get(key) ?? { history: undefined, read_at: -Infinity };
    entries.delete(key);
    entries.set(key, entry);
    const [oldest] = entries.keys();
    if (entries.size > MAX_HISTORIES && oldest !== undefined) entries.delete(oldest);
    const now = deps.now();
    if (now - entry.read_at >= REFRESH_MS) {
      entry.read_at = now;
      deps.background(refresh(entry, tenantId, promptName));
    }
    return entry.history;
  };
}

/** Adds up the scores of each tier. Models without a tier are ignored. */
function toHistory(scores: readonly ModelScores[]): QualityHistory {
  const sums = new Map<ModelTier, { count: number; sum: number }>();
  for (const { model, count, sum } of scores) {
    const tier = tierOf(model);
    if (tier === undefined) continue;
    const total = sums.get(tier) ?? { count: 0, sum: 0 };
    sums.set(tier, { count: total.count + count, sum: total.sum + sum });
  }
  const ratings = [...sums].map(([tier, { count, sum }]) => [tier, { mean: sum / count, count }] as const);
  return Object.fromEntries(ratings);
}
