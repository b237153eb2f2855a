import { describe, expect, it } from "vitest";
import type { Anomaly } from "../../../src/domain/insights/find-anomalies.ts";
import { afterEvents, eventsOf, tellAnomalies } from "../../../src/domain/insights/told-anomalies.ts";

const HOUR_MS = 3_600_000;
const anomaly = (changes: Partial<Anomaly> = {}): Anomaly => ({
  subject: { kind: "prompt", name: "support/reply" },
  metric: "latency",
  direction: "up",
  severity: "warning",
  since: 0,
  until: null,
  found_at: HOUR_MS,
  worst: { at: 0, observed: 3, expected: 1, low: 0.5, high: 1.5 },
  ...changes,
});
const statesOf = (told: ReturnType<typeof tellAnomalies>, now: number) =>
  told.flatMap((each) => eventsOf(each, now)).map(({ data }) => data["state"]);

describe("what a tenant is told of anomalies", () => {
  it("is each one once, and once that it is over", () => {
    const first = tellAnomalies([], [anomaly()], 1);
    expect(statesOf(first, 1)).toEqual(["firing"]);
    const again = tellAnomalies(afterEvents(first), [anomaly({ since: HOUR_MS })], 2);
    expect(statesOf(again, 2)).toEqual([]);
    const over = tellAnomalies(afterEvents(again), [anomaly({ until: 9 * HOUR_MS })], 10 * HOUR_MS);
    expect(over.flatMap((each) => eventsOf(each, 3))).toMatchObject([
      {
        type: "anomaly.detected",
        prompt: "support/reply",
        data: { state: "resolved", since: "1970-01-01T00:00:00.000Z", until: "1970-01-01T09:00:00.000Z" },
      },
    ]);
    expect(afterEvents(over)).toEqual([]);
  });

  it("has the same keys where it is told again after a crash, whatever is found then", () => {
    const told = tellAnomalies([], [anomaly()], 1);
    const repeated = tellAnomalies(told, [anomaly({ since: 5 })], 2);
    const keysOf = (some: typeof told) => some.flatMap((each) => eventsOf(each, 1)).map(({ key }) => key);
    expect(keysOf(repeated)).toEqual(keysOf(told));
  });

  it("is over where it is found no more, as when its prompt is not used any longer", () => {
    const over = tellAnomalies(afterEvents(tellAnomalies([], [anomaly()], 1)), [], 7 * HOUR_MS);
    expect(over).toMatchObject([{ anomaly: { until: 7 * HOUR_MS } }]);
  });

  it("is not what was over before anybody looked", () => {
    expect(tellAnomalies([], [anomaly({ until: 5 })], 9)).toEqual([]);
  });

  it("is no more than fifty at a time, the critical ones first", () => {
    const many = Array.from({ length: 80 }, (_, at) =>
      anomaly({ subject: { kind: "prompt", name: `p${at}` }, severity: at === 79 ? "critical" : "warning" }),
    );
    const told = tellAnomalies([], many, 1);
    expect(told).toHaveLength(50);
    expect(told[0]?.anomaly.subject.name).toBe("p79");
  });
});
