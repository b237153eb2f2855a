import type { History } from "./history.ts";

/** How a database behaves: it answers, refuses at once, or hangs until the platform's own limit. */
export type Mood = "well" | "refuses" | "hangs";

/** The shards of a world. */
export const SHARDS = 2;
/** The platform ends a query after this time, in ms. */
export const D1_LIMIT_MS = 30_000;
/** The share of calls of a hanging database that take effect in the end. */
export const LATE = 0.5;

/** The moods of the shards. A shard's mood is also that of every second object of the ledger. */
export class Moods {
  readonly #history: History;
  readonly #moods: Mood[] = Array.from({ length: SHARDS }, () => "well");

  constructor(history: History) {
    this.#history = history;
  }

  set(shard: number, mood: Mood): void {
    this.#moods[shard] = mood;
    this.#history.add(`shard${shard} ${mood}`);
  }

  of(shard: number): Mood {
    return this.#moods[shard % SHARDS] ?? "well";
  }
}

/** The error of a database that does not answer well. */
export function unavailable(why: string): Error {
  return new Error(`D1_ERROR: the shard ${why}`);
}
