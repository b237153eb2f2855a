import { table } from "../../harness/table.ts";
import { createDraws } from "../insights/draws.ts";
import { liveCanary } from "./canary-life.ts";
import { type CanaryPlan, cleanPlan, DAY, type Pattern, PATTERNS } from "./canary-world.ts";

/** The chance of a false alarm that the watched splits are set to. */
const FALSE_ALARM_RATE = 0.01;
const TRAFFIC = { calls: 100, share: 0.1 } as const;

const REGRESSIONS: readonly (Pick<CanaryPlan, "served" | "canary"> & Partial<CanaryPlan>)[] = [
  { served: 0.01, canary: 0.5 },
  { served: 0.01, canary: 0.1 },
  { served: 0.01, canary: 0.05 },
  { served: 0.01, canary: 0.03 },
  { served: 0.01, canary: 0.02 },
  { served: 0.001, canary: 0.01 },
  { served: 0.05, canary: 0.1 },
  { served: 0.01, canary: 0.1, users: 2_000 },
  { served: 0.01, canary: 0.05, users: 2_000 },
  { served: 0.01, canary: 0.03, users: 2_000 },
  { served: 0.01, canary: 0.05, users: 200 },
  { served: 0.01, canary: 0.05, calls: 5 },
  { served: 0.01, canary: 0.05, calls: 1_000 },
  { served: 0.01, canary: 0.05, share: 0.5 },
  { served: 0.01, canary: 0.05, from: DAY },
  { served: 0.01, canary: 0.05, from: DAY, users: 2_000 },
  { served: 0.01, canary: 0.05, users: 2_000, pattern: "customers" },
  { served: 0.01, canary: 0.05, users: 2_000, pattern: "repeats" },
  { served: 0.01, canary: 0.05, pattern: "outages" },
  { served: 0.01, canary: 0.05, pattern: "cold_cache" },
];

/** How many clean splits of each pattern and planted regressions of each kind live, from which seed. */
interface CanaryCounts {
  seed: number;
  canaries: number;
  regressions: number;
}

/**
 * Lets clean splits of many kinds live for a day each, by each pattern of failures, and plants
 * regressions. Prints alarms and delays. Returns what does not hold.
 */
export function proveCanaries({ seed, canaries, regressions }: CanaryCounts): string[] {
  const started = performance.now();
  const clean = [undefined, ...PATTERNS].map((pattern) => ({
    pattern: pattern ?? "independent",
    alarms: countFalseAlarms(seed, canaries, pattern),
  }));
  const allowed = FALSE_ALARM_RATE * canaries;
  console.log(
    `${canaries} clean canaries of each pattern, a day each; at ${percent(FALSE_ALARM_RATE)} at most ${allowed}`,
  );
  console.log(
    table([
      ["failures", "false alarms", ""],
      ...clean.map(({ pattern, alarms }) => [pattern, String(alarms), percent(alarms / canaries)]),
    ]),
  );
  const rows = REGRESSIONS.map((planted, at) => delaysOf(planted, seed + 1_000_000 * (at + 1), regressions));
  const head = [
    "errors",
    "calls a minute",
    "canary",
    "users",
    "begins",
    "beside",
    "found",
    "median: minutes",
    "canary's calls",
    "90 %: minutes",
    "calls",
  ];
  console.log(`\n${table([head, ...rows.map(({ row }) => row)])}`);
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
  return [
    ...clean.flatMap(({ pattern, alarms }) =>
      alarms > allowed ? [`${alarms} false alarms of ${pattern}, over ${allowed}`] : [],
    ),
    ...rows.filter(({ found }) => found < 0.95).map(({ row }) => `too few found of ${row.join(" ")}`),
  ];
}

function countFalseAlarms(seed: number, canaries: number, pattern: Pattern | undefined): number {
  let alarms = 0;
  for (let n = 0; n < canaries; n++) {
    const draws = createDraws(seed + n);
    if (liveCanary(cleanPlan(draws, pattern), draws).minute !== null) alarms += 1;
  }
  process.stderr.write(`${pattern ?? "independent"}: ${alarms} of ${canaries}\n`);
  return alarms;
}

function delaysOf(planted: (typeof REGRESSIONS)[number], seed: number, runs: number) {
  const plan = { ...TRAFFIC, from: 0, minutes: 8 * DAY, ...planted };
  const ends = Array.from({ length: runs }, (_, n) => liveCanary(plan, createDraws(seed + n)));
  const found = ends.flatMap(({ minute, calls }) =>
    minute === null || minute < plan.from ? [] : [{ minutes: minute - plan.from, calls }],
  );
  const at = (share: number, of: "minutes" | "calls") =>
    String(found.map((each) => each[of]).toSorted((a, b) => a - b)[Math.floor(share * (found.length - 1))] ?? "–");
  return {
    found: found.length / runs,
    row: [
      `${percent(plan.served)} → ${percent(plan.canary)}`,
      String(plan.calls),
      percent(plan.share),
      String(plan.users ?? "–"),
      plan.from === 0 ? "at once" : `after ${plan.from / DAY} day`,
      plan.pattern ?? "–",
      percent(found.length / runs),
      at(0.5, "minutes"),
      at(0.5, "calls"),
      at(0.9, "minutes"),
      at(0.9, "calls"),
    ],
  };
}

function percent(rate: number): string {
  return `${Number((100 * rate).toFixed(2))} %`;
}
