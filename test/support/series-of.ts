import type { SubjectHours, SubjectSeries } from "../../src/domain/ledger/insight-messages.ts";
import { InsightSums } from "../../src/domain/ledger/insight-sums.ts";

/** The series of subjects whose hours one object told. */
export function seriesOf(hours: SubjectHours[]): SubjectSeries[] {
  const sums = new InsightSums();
  sums.add({ totals: [], hours });
  return sums.series();
}
