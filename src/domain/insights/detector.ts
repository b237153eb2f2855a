import type { Baseline } from "./baseline.ts";
import { SLACK, type Thresholds } from "./false-alarms.ts";
import type { Sample } from "./season.ts";

/** 1 for values that are too large, -1 for those that are too small. */
export type Direction = 1 | -1;

/** Hours that are unusual together: from `since` up to, and without, `until`. */
export interface Episode {
  direction: Direction;
  since: number;
  /** Null while it lasts. */
  until: number | null;
  /** The hour in which it was found. */
  found: number;
  /** Its samples, with what was expected of each. */
  samples: ScoredSample[];
}

/** A sample, and how far it is off, in standard deviations. */
export interface ScoredSample extends Sample {
  score: number;
}

/** How a series is watched. */
export interface Watch {
  thresholds: Thresholds;
  directions: readonly Direction[];
  /** Whether samples differ enough from what is expected of them to matter to anybody. */
  matters: (samples: readonly ScoredSample[]) => boolean;
}

/** One hour adds no more than this to a sum, so that a single one cannot make a shift. */
const MAX_STEP = 3;
/** An episode is over when the last hours are back: their mean score is less than `CALM`. */
const CALM_HOURS = 4;
const CALM = 1;

/**
 * Finds the episodes of a series: each hour is looked at once, in order, with what was known then.
 * An hour that is far off begins one, and so do several whose deviations add up (E. S. Page's
 * cumulative sums, 1954). Neighbours that are alike say less than independent ones do.
 */
export function findEpisodes(samples: readonly Sample[], baseline: Baseline, watch: Watch): Episode[] {
  const { correlation } = baseline;
  const damping = Math.sqrt((1 - correlation) / (1 + correlation));
  const sides = watch.directions.map((direction) => new Side(direction, watch, damping));
  for (const sample of samples) {
    const scored = { ...sample, score: baseline.score(sample) };
    for (const side of sides) side.add(scored);
  }
  return sides.flatMap(({ episodes }) => episodes).toSorted((a, b) => a.since - b.since);
}

/** The sums of one direction. */
class Side {
  readonly episodes: Episode[] = [];
  readonly #direction: Direction;
  readonly #watch: Watch;
  readonly #damping: number;
  #sum = 0;
  /** The samples that made up the sum since it was last empty. */
  #run: ScoredSample[] = [];
  #open: Episode | null = null;

  constructor(direction: Direction, watch: Watch, damping: number) {
    this.#direction = direction;
    this.#watch = watch;
    this.#damping = damping;
  }

  add(sample: ScoredSample): void {
    if (this.#open) this.#continue(this.#open, sample);
    else this.#look(sample);
  }

  #look(sample: ScoredSample): void {
    const off = sample.score * this.#direction;
    const { spike, shift } = this.#watch.thresholds;
    this.#sum = Math.max(0, this.#sum + Math.min(off, MAX_STEP) * this.#damping - SLACK);
    this.#run = this.#sum > 0 ? [...this.#run, sample] : [];
    if (off > spike && this.#watch.matters([sample])) this.#begin(sample, [sample]);
    else if (this.#sum > shift && this.#watch.matters(this.#run)) this.#begin(sample, this.#run);
    else this.#sum = Math.min(this.#sum, shift);
  }

  #begin(sample: ScoredSample, samples: ScoredSample[]): void {
    const since = samples[0]?.hour ?? sample.hour;
    this.#open = { direction: this.#direction, since, until: null, found: sample.hour, samples: [...samples] };
    this.episodes.push(this.#open);
    [this.#sum, this.#run] = [0, []];
  }

  #continue(episode: Episode, sample: ScoredSample): void {
    episode.samples.push(sample);
    const last = episode.samples.slice(-CALM_HOURS);
    const mean = last.reduce((sum, { score }) => sum + score * this.#direction, 0) / last.length;
    const isCalm = last.length === CALM_HOURS && last.every(({ score }) => score * this.#direction < 2 * CALM);
    if (!isCalm || mean >= CALM) return;
    episode.until = last[0]?.hour ?? sample.hour;
    episode.samples.splice(-CALM_HOURS);
    this.#open = null;
  }
}
