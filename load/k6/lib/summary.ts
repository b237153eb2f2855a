/** The used part of k6's summary at the end of a run. */
export interface K6Summary {
  metrics: Record<string, { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }>;
}

/** The figures that k6 computes for every trend. */
export const TREND_STATS = ["count", "min", "p(50)", "p(95)", "p(99)", "max"];

/**
 * k6's `handleSummary`: writes all figures as JSON to the file that SUMMARY names. Without SUMMARY
 * it prints the figures that have a threshold or a count.
 */
export function handleSummary(data: K6Summary): Record<string, string> {
  const file = __ENV["SUMMARY"];
  if (file !== undefined) return { [file]: JSON.stringify({ metrics: data.metrics }) };
  const lines = Object.entries(data.metrics)
    .filter(([, metric]) => metric.thresholds !== undefined || metric.values["count"] !== undefined)
    .map(([name, { values, thresholds = {} }]) => {
      const failed = Object.keys(thresholds).filter((expression) => thresholds[expression]?.ok === false);
      const figures = Object.entries(values).map(([stat, value]) => `${stat}=${Number(value.toFixed(2))}`);
      return `${name}  ${figures.join(" ")}${failed.length > 0 ? `  FAILED ${failed.join(", ")}` : ""}`;
    });
  return { stdout: `${lines.join("\n")}\n` };
}
