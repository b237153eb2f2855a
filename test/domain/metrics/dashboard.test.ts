import { readFileSync } from "node:fs";
import { type Schema, Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";

/**
 * Grafana's own schemas of a dashboard, of the panel for time series, and of a query to Prometheus,
 * as its Foundation SDK 0.0.18 has them (github.com/grafana/grafana-foundation-sdk).
 */
const schemaOf = (name: "dashboard" | "timeseries" | "prometheus") =>
  JSON.parse(readFileSync(`test/fixtures/grafana/${name}.jsonschema.json`, "utf8")) as Schema;

/** What is wrong with a value by a schema, or by one of its definitions. */
function faultsOf(value: unknown, name: Parameters<typeof schemaOf>[0], definition?: string): string[] {
  const schema = schemaOf(name);
  const root = definition === undefined ? schema : { ...schema, $ref: `#/definitions/${definition}` };
  const { errors } = new Validator(root, "7", false).validate(value);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

interface Dashboard {
  panels: { id: number; type: string; options: object; fieldConfig: { defaults: object }; targets: object[] }[];
}

const dashboard = JSON.parse(readFileSync("observability/grafana.json", "utf8")) as Dashboard;

describe("the dashboard", () => {
  it("is one by Grafana's schema, with panels and queries by theirs", () => {
    expect(faultsOf(dashboard, "dashboard")).toEqual([]);
    expect(new Set(dashboard.panels.map(({ type }) => type))).toEqual(new Set(["timeseries"]));
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { options, targets } of dashboard.panels) {
      expect(faultsOf(options, "timeseries", "Options")).toEqual([]);
      for (const target of targets) expect(faultsOf(target, "prometheus")).toEqual([]);
    }
  });

  it("would not be one with a field that Grafana does not know, or without one that it needs", () => {
    const [panel] = dashboard.panels;
    expect(faultsOf({ ...dashboard, refreshed: true }, "dashboard")).not.toEqual([]);
    expect(faultsOf({ ...dashboard, panels: [{ ...panel, gridPos: { x: "left" } }] }, "dashboard")).not.toEqual([]);
    expect(faultsOf({ tooltip: {} }, "timeseries", "Options")).not.toEqual([]);
    expect(faultsOf({ refId: "A", expression: "up" }, "prometheus")).not.toEqual([]);
  });
});
