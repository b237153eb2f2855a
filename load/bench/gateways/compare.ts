import { ranged, type Spread } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { figuresOf, figureSpread } from "./figures.ts";
import { cellName } from "./plan.ts";
import type { BenchResult } from "./result.ts";

/**
 * The ratios of a target in two results, the earlier first. Only ratios are compared, because the
 * results may come from different machines.
 */
export function compareBench(before: BenchResult, now: BenchResult, target = "pbt-edge"): string {
  const rows = now.cells.flatMap((cell) => {
    const earlier = before.cells.find((other) => cellName(other.cell) === cellName(cell.cell));
    if (!earlier) return [];
    return figuresOf(cell.cell.form).map((figure) => {
      const [was, is] = [figureSpread(earlier, target, figure).ratio, figureSpread(cell, target, figure).ratio];
      return [cellName(cell.cell), figure.name, ranged(was), ranged(is), verdict(was, is, figure.better)];
    });
  });
  const title = `${target} in units of the bare proxy: ${before.machine.commit ?? "?"} → ${now.machine.commit ?? "?"}`;
  if (rows.length === 0) return `${title}\nno cell in common`;
  return `${title}\n${table([["cell", "figure", "before ×", "now ×", ""], ...rows])}`;
}

/** Overlapping ranges are noise, whatever their medians are. */
function verdict(was: Spread | null, is: Spread | null, better: "higher" | "lower"): string {
  if (!was || !is) return "not comparable";
  if (is.max >= was.min && is.min <= was.max) return "within noise";
  return is.median > was.median === (better === "higher") ? "better" : "worse";
}
