import type { Execution } from "../../src/domain/executions/execution.ts";
import { supersedes, toEntry } from "../../src/domain/ledger/entry.ts";
import { type ExecutionFilter, isWanted } from "../../src/domain/ledger/execution-filter.ts";
import { hourOf } from "../../src/domain/ledger/periods.ts";
import { UsageFold } from "../../src/domain/ledger/usage-fold.ts";
import { mergeUsage } from "../../src/domain/usage/sum-table.ts";
import type { UsageGroup, UsageRow } from "../../src/domain/usage/usage.ts";

/** What a ledger must answer: the executions in a map, counted one by one. */
export class LedgerModel {
  readonly executions = new Map<string, Execution>();

  deliver(execution: Execution): void {
    const known = this.executions.get(execution.id);
    if (!known || supersedes(execution, known)) this.executions.set(execution.id, execution);
  }

  usage(from: number, to: number, by: UsageGroup[]): UsageRow[] {
    const fold = new UsageFold(by, Number.MAX_SAFE_INTEGER);
    for (const execution of this.executions.values()) {
      const { created_at } = execution;
      if (created_at >= from && created_at < to) fold.add(toEntry(execution), hourOf(created_at));
    }
    return mergeUsage([fold.columns()], by);
  }

  /** The ids of a list, newest first. */
  list(filter: ExecutionFilter): string[] {
    const wanted = [...this.executions.values()].filter((execution) => isWanted(filter, execution));
    return wanted
      .map(({ id }) => id)
      .toSorted()
      .toReversed();
  }
}
