import { table } from "../../harness/table.ts";
import { createDraws, type Draws } from "../insights/draws.ts";
import { type CanaryPlan, liveCanary } from "./canary-life.ts";

const DAY = 1_440;
/** The chance of a false alarm that the watched splits are set to. */
const FALSE_ALARM_RATE = 0.01;
const TRAFFIC = { calls: 100, share: 0.1 } as const;

const REGRESSIONS: readonly (Pick<CanaryPlan, "served" | "canary"> & Partial<CanaryPlan>)[] = [
  { served: 0.01, canary: 0.5 },
  { served: 0.01, canary: 0.1 },
  { served: 0.01, canary: 0.05 },
  { served: 0.01, canary: 0.02 },
  { served: 0.01, canary: 0.015 },
  { served: 0.001, canary: 0.01 },
  { served: 0.05, canary: 0.1 },
  { served: 0.01, canary: 0.05, calls: 5 },
  { served: 0.01, canary: 0.05, share: 0.5 },
  { served: 0.01, canary: 0.05, from: DAY },
  { served: 0.01, canary: 0.02, from: DAY },
];

/**
 * Lets clean splits of many kinds live for a day each, some of them through an outage of the
 * provider, and plants regressions. Prints alarms and delays. Returns what does not hold.
 */
export function proveCanaries({ seed, canaries }: { seed: number; canaries: number }): string[] {
  const started = performance.now();
  const alarms = countFalseAlarms(seed, canaries);
  const allowed = FALSE_ALARM_RATE * canaries;
  console.log(
    `${canaries} clean canaries, a day each: ${alarms} false alarms; at ${100 * FALSE_ALARM_RATE} % at most ${allowed} are expected`,
  );
  const rows = REGRESSIONS.map((planted, at) => delaysOf(planted, seed + 1_000_000 * (at + 1), canaries / 10));
  console.log(
    `\n${table([["errors", "calls a minute", "canary", "begins", "found", "median: minutes", "canary's calls", "90 %: minutes", "calls"], ...rows.map(({ row }) => row)])}`,
  );
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
  const missed = rows.filter(({ found }) => found < 0.95).map(({ row }) => `too few found of ${row.join(" ")}`);
  return [...(alarms > allowed ? [`${alarms} false alarms, over ${allowed}`] : []), ...missed];
}

function countFalseAlarms(seed: number, canaries: number): number {
  let alarms = 0;
  for (let n = 0; n < canaries; n++) {
    const draws = createDraws(seed + n);
    if (liveCanary(cleanPlan(draws, n), draws).minute !== null) alarms += 1;
  }
  return alarms;
}

/** Any traffic, share and rate of errors; every third canary lives through an outage. */
function cleanPlan(draws: Draws, n: number): CanaryPlan {
  const rate = draws.pick([0, 0.001, 0.01, 0.03, 0.2]);
  const from = Math.floor(draws.unit() * DAY);
  return {
    calls: draws.pick([1, 10, 100, 1_000]),
    share: draws.pick([0.01, 0.1, 0.5, 0.9]),
    served: rate,
    canary: rate,
    from: 0,
    minutes: DAY,
    ...(n % 3 === 0 && { outage: { from, to: from + 30 } }),
  };
}

function delaysOf(planted: (typeof REGRESSIONS)[number], seed: number, runs: number) {
  const plan = { ...TRAFFIC, from: 0, minutes: 8 * DAY, ...planted };
  const ends = Array.from({ length: runs }, (_, n) => liveCanary(plan, createDraws(seed + n)));
  const found = ends.flatMap(({ minute, calls }) =>
    minute === null || minute < plan.from ? [] : [{ minutes: minute - plan.from, calls }],
  );
  const at = (share: number, of: "minutes" | "calls") =>
    String(found.map((each) => each[of]).toSorted((a, b) => a - b)[Math.floor(share * (found.length - 1))] ?? "–");
  const percent = (rate: number) => `${Number((100 * rate).toFixed(2))} %`;
  return {
    found: found.length / runs,
    row: [
      `${percent(plan.served)} → ${percent(plan.canary)}`,
      String(plan.calls),
      percent(plan.share),
      plan.from === 0 ? "at once" : `after ${plan.from / DAY} day`,
      percent(found.length / runs),
      at(0.5, "minutes"),
      at(0.5, "calls"),
      at(0.9, "minutes"),
      at(0.9, "calls"),
    ],
  };
}
