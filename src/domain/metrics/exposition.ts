import { COUNTED, type CountedMetric, LABEL_OF, MEASURED, type MetricDefinition } from "./catalogue.ts";
import { FAMILIES } from "./families.ts";
import { boundsFrom, HISTOGRAM_WIDTH } from "./histogram.ts";
import { type MetricsDelta, valuesIn } from "./metric-counts.ts";

/** The type of the text format of Prometheus. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A value of a metric, by the values of its labels in their order. */
export interface Measured {
  metric: keyof typeof MEASURED;
  labels: readonly string[];
  value: number;
}

/**
 * Metrics in the text format of Prometheus: what was counted, then what was measured. A metric
 * without a value is left out.
 */
export function exposeMetrics(counted: MetricsDelta, measured: readonly Measured[]): string {
  const lines = COUNTED.flatMap((metric) => withHeader(metric, countedLines(metric, counted)));
  for (const [name, metric] of Object.entries(MEASURED)) {
    const values = measured.filter((each) => each.metric === name);
    lines.push(
      ...withHeader(
        metric,
        values.map(({ labels, value }) => sample(metric.name, pairsOf(metric.labels, labels), value)),
      ),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function withHeader({ name, type, help }: MetricDefinition, samples: string[]): string[] {
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

/** The samples of a metric: the rows of its family, added up by the labels that it has. */
function countedLines(metric: CountedMetric, counted: MetricsDelta): string[] {
  const { family, labels, place, type } = metric;
  const positions = labels.map((label) =>
    (FAMILIES[family].labels as readonly string[]).indexOf(LABEL_OF[label] ?? label),
  );
  const width = type === "histogram" ? HISTOGRAM_WIDTH : 1;
  const sums = new Map<string, number[]>();
  for (const [key, row] of Object.entries(counted[family] ?? {})) {
    const values = valuesIn(key);
    const pairs = pairsOf(
      labels,
      positions.map((position) => values[position] ?? ""),
    );
    const sum = sums.get(pairs) ?? Array.from({ length: width }, () => 0);
    for (let index = 0; index < width; index++) sum[index] = (sum[index] ?? 0) + (row[place.at + index] ?? 0);
    sums.set(pairs, sum);
  }
  return [...sums].flatMap(([pairs, sum]) =>
    type === "histogram"
      ? histogramLines(metric, pairs, sum)
      : [sample(metric.name, pairs, (sum[0] ?? 0) * metric.scale)],
  );
}

/** Buckets count what is below their bounds, and so all that the buckets before them count. */
function histogramLines(
  { name, place, scale }: CountedMetric,
  pairs: string,
  [sum = 0, ...counts]: number[],
): string[] {
  const bounds = [...boundsFrom(place.firstMs ?? 1).map((bound) => String(rounded(bound * scale))), "+Inf"];
  let count = 0;
  const buckets = bounds.map((bound, index) => {
    count += counts[index] ?? 0;
    return sample(`${name}_bucket`, [pairs, `le="${bound}"`].filter(Boolean).join(","), count);
  });
  return [...buckets, sample(`${name}_sum`, pairs, sum * scale), sample(`${name}_count`, pairs, count)];
}

function pairsOf(labels: readonly string[], values: readonly string[]): string {
  return labels
    .map((label, index) => [label, values[index] ?? ""] as const)
    .filter(([, value]) => value !== "")
    .map(([label, value]) => `${label}="${escaped(value)}"`)
    .join(",");
}

function sample(name: string, pairs: string, value: number): string {
  return `${name}${pairs && `{${pairs}}`} ${rounded(value)}`;
}

/** Without the digits that adding up fractions leaves. */
function rounded(value: number): number {
  return Number(value.toPrecision(15));
}

/** Label values may have any character, but for these as they are. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
