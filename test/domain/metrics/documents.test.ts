import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COUNTED, MEASURED, type MetricDefinition } from "../../../src/domain/metrics/catalogue.ts";

/** The metrics that are told of the deployment alone. */
const OF_DEPLOYMENT = /^pbt_(?:backend|queue|isolates)/;

function rowOf({ name, type, help, labels }: MetricDefinition, firstMs?: number): string[] {
  const kind = firstMs === undefined ? type : `${type}, ${firstMs / 1000} s`;
  const whose = OF_DEPLOYMENT.test(name) ? " (the deployment's)" : "";
  return [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(" "), help + whose];
}

const ROWS = [
  ...COUNTED.map((metric) => rowOf(metric, metric.type === "histogram" ? metric.place.firstMs : undefined)),
  ...Object.values(MEASURED).map((metric) => rowOf(metric)),
];

/** The cells of the tables of a document. */
function cellsIn(file: string): string[][] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `pbt_") || line.startsWith("| `gen_ai"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("docs/metrics.md", () => {
  it("has every metric with its type, its labels and what it is, and no others", () => {
    const table = [
      "| Metric | Type | Labels | Is |",
      "| --- | --- | --- | --- |",
      ...ROWS.map((row) => `| ${row.join(" | ")} |`),
    ];
    expect(cellsIn("docs/metrics.md"), `write this:\n${table.join("\n")}`).toEqual(ROWS);
  });
});
