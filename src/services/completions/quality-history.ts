import { type Tier, tierOf } from "../../domain/completions/model-tiers.ts";
import type { QualityHistory } from "../../domain/completions/routing.ts";
import type { FeedbackRepository, ModelScores } from "../../storage/executions/feedback.ts";
import type { Clock } from "../../lib/clock.ts";

/** How old a history may be before the next question for it has it read anew, in milliseconds. */
export const REFRESH_MS = 60_000;
/** Histories that an isolate keeps; the one that was asked for longest ago goes first. */
export const MAX_HISTORIES = 1000;

/**
 * What end users thought of a prompt's answers, from memory: it never waits. A question for what is missing or older than {@link REFRESH_MS} has it
 * read in the background, for the questions after it. So an isolate's first choice for a prompt is made without history, and
 * feedback counts from the second question on that comes a minute after it was given.
 */
export type Quality = (tenantId: string, promptName: string) => QualityHistory | undefined;

/** What {@link createQualityHistory} needs. `background` keeps a promise alive after its request has been answered. */
export interface QualityHistoryDeps extends Clock {
  feedback: FeedbackRepository;
  background(work: Promise<void>): void;
  onError(error: unknown): void;
}

interface Entry {
  history: QualityHistory | undefined;
  /** When it was last read, or began to be: a failed read is not repeated sooner than a good one. */
  read_at: number;
}

/** The service, with its memory. */
export function createQualityHistory(deps: QualityHistoryDeps): Quality {
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

function toHistory(scores: readonly ModelScores[]): QualityHistory {
  const sums = new Map<Tier, { count: number; sum: number }>();
  for (const { model, count, sum } of scores) {
    const tier = tierOf(model);
    if (tier === undefined) continue;
    const known = sums.get(tier) ?? { count: 0, sum: 0 };
    sums.set(tier, { count: known.count + count, sum: known.sum + sum });
  }
  const ratings = [...sums].map(([tier, { count, sum }]) => [tier, { mean: sum / count, count }] as const);
  return Object.fromEntries(ratings);
}
