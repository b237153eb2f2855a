import type { SumColumns } from "../../domain/usage/sum-table.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { RollupTable } from "./rollup-table.ts";

/** The most groups that are remembered, some 10 MB. */
const MAX_GROUPS = 50_000;

/**
 * What packed rollups said to the last queries, in memory: a dashboard asks the same again and
 * again, and what is over hardly changes.
 */
export class RememberedSums {
  readonly #rollups: RollupTable;
  readonly #sums = new LruMap<string, SumColumns>({
    maxEntries: MAX_GROUPS,
    maxWeight: MAX_GROUPS,
    weigh: ({ size }) => size + 1,
  });
  #changes = 0;

  constructor(rollups: RollupTable) {
    this.#rollups = rollups;
  }

  /** The sums of a question to packed rollups, made by `sum` where they are not known. */
  get(question: string, sum: () => SumColumns): SumColumns {
    const { changes } = this.#rollups;
    if (changes !== this.#changes) this.#sums.clear();
    this.#changes = changes;
    const sums = this.#sums.get(question) ?? sum();
    this.#sums.set(question, sums);
    return sums;
  }
}
