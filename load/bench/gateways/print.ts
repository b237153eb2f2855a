import { digits, ranged } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { DIRECT, figuresOf, figureSpread, UNIT } from "./figures.ts";
import type { CellResult } from "./measure.ts";
import { cellName } from "./plan.ts";
import type { BenchResult } from "./result.ts";

const MIB = 2 ** 20;

/** The result as text: a table for each cell, then memory, then the missing peers. */
export function printBench(result: BenchResult): string {
  const { machine, plan, targets, missing } = result;
  const names = targets.map((target) => target.name);
  return [
    `commit ${machine.commit ?? "?"}, workerd ${machine.workerd}, node ${machine.node}, ${machine.cores} × ${machine.cpu}`,
    `${plan.rounds} rounds of ${plan.slice_ms} ms for each target and cell; medians; ×: ratio to the ${UNIT} in the same round, median (min–max)`,
    `+: added to the latency of the provider alone (${DIRECT}); CPU: user + system time of all serving processes, per request`,
    ...result.cells.flatMap((cell) => ["", cellName(cell.cell), cellTable(cell, names), ...failuresOf(cell)]),
    "",
    table([
      ["target", "peak memory MiB", "measured"],
      ...targets.map((target) => [
        target.name,
        target.peak_rss_bytes === null ? "–" : digits(target.peak_rss_bytes / MIB),
        target.version,
      ]),
    ]),
    ...missing.map(({ name, error }) => `\nnot measured: ${name}: ${error}`),
  ].join("\n");
}

function cellTable(cell: CellResult, names: readonly string[]): string {
  const figures = figuresOf(cell.cell.form);
  const rows = names.map((name) => {
    const columns = figures.flatMap((figure) => {
      const { value, ratio } = figureSpread(cell, name, figure);
      return name === DIRECT && figure.name.startsWith("+") ? ["", ""] : [digits(value?.median), ranged(ratio)];
    });
    return [name, ...columns];
  });
  return table([["target", ...figures.flatMap((figure) => [figure.name, "×"])], ...rows]);
}

function failuresOf({ rounds }: CellResult): string[] {
  const failures = new Map<string, { failed: number; requests: number; failure: string | null }>();
  for (const [name, slice] of rounds.flatMap((round) => Object.entries(round))) {
    if (slice.failed === 0) continue;
    const seen = failures.get(name) ?? { failed: 0, requests: 0, failure: slice.failure };
    failures.set(name, { ...seen, failed: seen.failed + slice.failed, requests: seen.requests + slice.requests });
  }
  return [...failures].map(
    ([name, { failed, requests, failure }]) => `${name} failed ${failed} of ${requests}: ${failure}`,
  );
}
