import { findAnomalies } from "../../../src/domain/insights/find-anomalies.ts";
import { FALSE_ALARMS_A_WEEK } from "../../../src/domain/insights/false-alarms.ts";
import { hourOf } from "../../../src/domain/ledger/periods.ts";
import type { SubjectSeries } from "../../../src/domain/ledger/insight-messages.ts";
import { table } from "../../harness/table.ts";
import { createDraws } from "./draws.ts";
import { KINDS, plant, type Planted } from "./planted.ts";
import { type Alarm, alarmsOf, seasonalNaive, threeSigma } from "./simple-detectors.ts";
import { FIRST_HOUR, makeTenant, planTenant } from "./synthetic-tenant.ts";

const WEEK = 168;
const WEEKS = 5;
const END = FIRST_HOUR + WEEKS * WEEK;
/** Rarer prompts have too few executions for most kinds to show within their time. */
const LEAST_RATE = 3;
/** An alarm may come this long after what it is about. */
const LATEST = 2;

type Detector = (subjects: readonly SubjectSeries[]) => Alarm[];
const DETECTORS: Record<string, Detector> = {
  ours: (subjects) =>
    findAnomalies(subjects, END).anomalies.map(({ subject, metric, since, until, found_at }) => ({
      subject: subject.name,
      metric,
      since: hourOf(since),
      until: until === null ? END : hourOf(until) - 1,
      found: hourOf(found_at) - 1,
    })),
  "3 sigma": (subjects) => alarmsOf(threeSigma, subjects, END),
  "seasonal naive": (subjects) => alarmsOf(seasonalNaive, subjects, END),
};

/** What a detector made of some tenants. */
interface Tally {
  planted: number;
  found: number;
  delays: number[];
  right: number;
  wrong: number;
}

/**
 * Plants anomalies of each kind into tenants of different seeds, and lets nothing happen to as many
 * others. Prints what each detector found. Returns what does not hold.
 */
export function proveAnomalies({ seed, tenants }: { seed: number; tenants: number }): string[] {
  const tallies = new Map(Object.keys(DETECTORS).map((name) => [name, new Map<string, Tally>()]));
  for (const [at, kind] of Object.keys(KINDS).entries()) {
    for (let n = 0; n < tenants; n++) {
      const own = seed + at * 10_000 + n;
      const planted = plantIn(own, kind);
      const { series } = makeTenant(own, WEEKS * WEEK, planted);
      for (const [name, detect] of Object.entries(DETECTORS)) {
        const ofKind = tallies.get(name)?.get(kind) ?? { planted: 0, found: 0, delays: [], right: 0, wrong: 0 };
        tallies.get(name)?.set(kind, judge(ofKind, planted, detect(series)));
      }
    }
  }
  printKinds(tallies);
  const weeks = tenants * 2;
  return [...missing(tallies.get("ours")), ...proveClean(seed + 1_000_000, weeks)];
}

function plantIn(seed: number, kind: string): Planted {
  const draws = createDraws(seed * 31);
  const plan = draws.pick(planTenant(seed).filter(({ rate }) => rate >= LEAST_RATE));
  return plant(kind, plan.name, (WEEKS - 1) * WEEK + Math.floor(draws.between(12, 84)));
}

/** An alarm is right that is about the prompt while something is wrong with it, or its model. */
function judge(tally: Tally, { prompt, metric, from, hours }: Planted, alarms: readonly Alarm[]): Tally {
  const [start, end] = [FIRST_HOUR + from, FIRST_HOUR + from + hours];
  const during = alarms.filter(({ found }) => found >= start && found < end + LATEST);
  const isRight = (alarm: Alarm) =>
    during.includes(alarm) && (alarm.subject === prompt || !alarm.subject.startsWith("prompt-"));
  const hit = during.filter((alarm) => alarm.subject === prompt && alarm.metric === metric);
  const first = Math.min(...hit.map(({ found }) => found + 1));
  return {
    planted: tally.planted + 1,
    found: tally.found + (hit.length > 0 ? 1 : 0),
    delays: hit.length > 0 ? [...tally.delays, first - start] : tally.delays,
    right: tally.right + alarms.filter(isRight).length,
    wrong: tally.wrong + alarms.filter((alarm) => !isRight(alarm)).length,
  };
}

function printKinds(tallies: ReadonlyMap<string, ReadonlyMap<string, Tally>>): void {
  const names = [...tallies.keys()];
  const head = ["planted", ...names.flatMap((name) => [`${name}: recall`, "delay h"])];
  const rows = Object.keys(KINDS).map((kind) => [
    kind,
    ...names.flatMap((name) => {
      const { planted = 0, found = 0, delays = [] } = tallies.get(name)?.get(kind) ?? {};
      return [percent(found / planted), middle(delays)];
    }),
  ]);
  const sums = names.flatMap((name) => {
    const all = [...(tallies.get(name)?.values() ?? [])];
    const sum = (of: (tally: Tally) => number) => all.reduce((total, tally) => total + of(tally), 0);
    const precision = sum(({ right }) => right) / sum(({ right, wrong }) => right + wrong);
    return [
      `${percent(sum(({ found }) => found) / sum(({ planted }) => planted))}, precision ${percent(precision)}`,
      "",
    ];
  });
  console.log(table([head, ...rows, ["all", ...sums]]));
}

function missing(ours: ReadonlyMap<string, Tally> | undefined): string[] {
  return [...(ours ?? [])].flatMap(([kind, { found, planted }]) =>
    found / planted >= 0.8 ? [] : [`only ${found} of ${planted} anomalies of the kind "${kind}" were found`],
  );
}

/** Tenants to whom nothing happens: what each detector alarms about in a week. */
function proveClean(seed: number, tenants: number): string[] {
  const alarms = new Map<string, number>();
  const started = performance.now();
  let ms = 0;
  for (let n = 0; n < tenants; n++) {
    const { series } = makeTenant(seed + n, WEEKS * WEEK);
    for (const [name, detect] of Object.entries(DETECTORS)) {
      const began = performance.now();
      const found = detect(series);
      if (name === "ours") ms += performance.now() - began;
      alarms.set(name, (alarms.get(name) ?? 0) + found.length);
    }
  }
  const rows = [...alarms].map(([name, count]) => [name, (count / tenants).toFixed(2)]);
  console.log(`\n${table([["nothing planted", "alarms a week and tenant"], ...rows])}`);
  console.log(
    `ours takes ${(ms / tenants).toFixed(1)} ms a tenant; all ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  const ours = (alarms.get("ours") ?? 0) / tenants;
  return ours <= FALSE_ALARMS_A_WEEK
    ? []
    : [`${ours.toFixed(2)} false alarms a week, over the ${FALSE_ALARMS_A_WEEK} allowed`];
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "–";
}

function middle(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? "–" : String(sorted[Math.floor(sorted.length / 2)]);
}
