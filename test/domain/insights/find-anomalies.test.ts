import { describe, expect, it } from "vitest";
import { learnBaseline } from "../../../src/domain/insights/baseline.ts";
import { findEpisodes } from "../../../src/domain/insights/detector.ts";
import { FALSE_ALARMS_A_WEEK } from "../../../src/domain/insights/false-alarms.ts";
import { findAnomalies } from "../../../src/domain/insights/find-anomalies.ts";
import { HOUR_MS } from "../../../src/domain/ledger/periods.ts";
import { KINDS, plant } from "../../../load/proofs/insights/planted.ts";
import { FIRST_HOUR, makeTenant } from "../../../load/proofs/insights/synthetic-tenant.ts";

const WEEK = 168;
const END = FIRST_HOUR + 5 * WEEK;
const PLANTED_AT = 4 * WEEK + 30;
/** A prompt with some sixty executions an hour. */
const PROMPT = "prompt-3";

describe("the anomalies of a week", () => {
  it.each(Object.keys(KINDS))("have a %s of a prompt, in time and in its direction", (kind) => {
    const planted = plant(kind, PROMPT, PLANTED_AT);
    const { anomalies } = findAnomalies(makeTenant(5, 5 * WEEK, planted).series, END);
    const found = anomalies.filter(({ subject, metric }) => subject.name === PROMPT && metric === planted.metric);
    const start = (FIRST_HOUR + PLANTED_AT) * HOUR_MS;
    const end = start + (planted.hours + 2) * HOUR_MS;
    expect(found.filter(({ found_at }) => found_at > start && found_at <= end)).not.toEqual([]);
    for (const { since, found_at, worst, direction } of found) {
      expect(since).toBeLessThan(found_at);
      expect(worst.low).toBeLessThanOrEqual(worst.expected);
      expect(worst.high).toBeGreaterThanOrEqual(worst.expected);
      expect(direction === "up" ? worst.observed > worst.expected : worst.observed < worst.expected).toBe(true);
    }
  });

  it("are over once the prompt is as usual again", () => {
    const { series } = makeTenant(5, 5 * WEEK, plant("latency rise", PROMPT, PLANTED_AT));
    const [anomaly] = findAnomalies(series, END).anomalies.filter(({ subject }) => subject.name === PROMPT);
    const start = (FIRST_HOUR + PLANTED_AT) * HOUR_MS;
    expect(anomaly?.since).toBe(start);
    expect(anomaly?.until).toBe(start + 12 * HOUR_MS);
  });

  it("last while they do", () => {
    const { series } = makeTenant(5, 5 * WEEK, plant("drop to zero", PROMPT, 5 * WEEK - 6));
    const [anomaly] = findAnomalies(series, END).anomalies.filter(({ subject }) => subject.name === PROMPT);
    expect(anomaly).toMatchObject({ metric: "rate", direction: "down", until: null });
  });

  it("are hardly any where nothing happens", () => {
    const tenants = Array.from({ length: 12 }, (_, seed) => makeTenant(500 + seed, 5 * WEEK).series);
    const alarms = tenants.reduce((sum, series) => sum + findAnomalies(series, END).anomalies.length, 0);
    expect(alarms / tenants.length).toBeLessThanOrEqual(FALSE_ALARMS_A_WEEK);
  });

  it("are none of a prompt that is younger than two weeks, which is said", () => {
    const young = makeTenant(5, 10 * 24, plant("spike", PROMPT, 9 * 24)).series;
    expect(findAnomalies(young, FIRST_HOUR + 10 * 24)).toMatchObject({ anomalies: [], watched: 0 });
    expect(findAnomalies(young, FIRST_HOUR + 10 * 24).learning).toBeGreaterThan(0);
  });
});

describe("what is usual", () => {
  const samplesOf = (value: (hour: number) => number) =>
    Array.from({ length: 4 * WEEK }, (_, at) => ({ hour: FIRST_HOUR + at, value: value(at), weight: 1 }));
  const end = FIRST_HOUR + 4 * WEEK;

  it("goes on with the season and the trend of the weeks before", () => {
    const value = (at: number) => 100 * (1 + 0.5 * Math.sin((2 * Math.PI * at) / 24)) * 1.05 ** (at / WEEK);
    const { expect: expected } = learnBaseline(samplesOf(value), "count", end);
    for (const ahead of [0, 5, 30, 100]) {
      expect(expected(end + ahead) / value(4 * WEEK + ahead)).toBeGreaterThan(0.93);
      expect(expected(end + ahead) / value(4 * WEEK + ahead)).toBeLessThan(1.07);
    }
  });

  it("is not changed by an outage of a day", () => {
    const value = (at: number) => (at > 400 && at < 424 ? 0 : 50);
    const { expect: expected } = learnBaseline(samplesOf(value), "count", end);
    expect(expected(end + 3)).toBeGreaterThan(45);
    expect(expected(end + 3)).toBeLessThan(55);
  });

  it("is off by nothing where a series never changes", () => {
    const baseline = learnBaseline(
      samplesOf(() => 7),
      "mean",
      end,
    );
    const samples = [{ hour: end, value: 7, weight: 1 }];
    const watch = { thresholds: { spike: 4, shift: 5 }, directions: [1, -1] as const, matters: () => true };
    expect(findEpisodes(samples, baseline, watch)).toEqual([]);
  });
});
