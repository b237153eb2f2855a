import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import type { Scenario } from "./simulate.ts";

const key = (name: string, rpm: number | null, tpm: number | null, max_concurrency: number | null): KeyLimits => ({
  name,
  version: 1,
  weight: 1,
  rpm,
  tpm,
  max_concurrency,
});

const ORDINARY = {
  concurrency: Infinity,
  workers: 10,
  seconds: 182,
  patience_ms: 30_000,
  latency_ms: [200, 1_500],
  tokens: [200, 1_200],
  aborted: 0,
  long: 0,
  lanes: { high: 0.1, standard: 0.7, batch: 0.2 },
  skew_ms: 30_000,
  loss: 0,
  crash_every_ms: Infinity,
  evict_every_ms: Infinity,
  saturates: "rate",
  most_gate_calls: 0.1,
} satisfies Partial<Scenario>;

/**
 * The simulated worlds, apart from {@link COST_SCENARIOS}. A Worker serves 25 to 50 calls a second
 * in the first three, 47 in `long`, 3 in `aborts`, about 8 in `executor` and `mixed`, and one in
 * some seconds in `thousands`. The offered load is twice what the keys allow, and the Workers'
 * clocks are up to half a minute off.
 */
const FULL_SCENARIOS: readonly Scenario[] = [
  {
    ...ORDINARY,
    name: "requests",
    keys: [key("a", 18_000, null, null), key("b", 9_000, null, null), key("c", 3_000, null, null)],
    offered_per_s: 1_000,
  },
  {
    ...ORDINARY,
    name: "tokens",
    workers: 8,
    keys: [key("a", null, 6_000_000, null), key("b", null, 3_000_000, null)],
    offered_per_s: 610,
  },
  {
    ...ORDINARY,
    name: "concurrency",
    seconds: 125,
    keys: [key("a", null, null, 200), key("b", null, null, 100)],
    offered_per_s: 700,
    saturates: "concurrency",
  },
  {
    ...ORDINARY,
    name: "aborts",
    seconds: 185,
    keys: [key("a", null, null, 200), key("b", null, null, 100)],
    latency_ms: [1_000, 20_000],
    aborted: 0.05,
    offered_per_s: 60,
    saturates: "concurrency",
    most_gate_calls: 0.35,
  },
  {
    ...ORDINARY,
    name: "long",
    workers: 2,
    keys: [key("a", null, null, 40)],
    long: 0.1,
    offered_per_s: 94,
    saturates: "concurrency",
  },
  {
    ...ORDINARY,
    name: "executor",
    seconds: 125,
    keys: [key("a", null, null, null), key("b", null, null, null)],
    concurrency: 100,
    offered_per_s: 200,
    evict_every_ms: 20_000,
    saturates: "concurrency",
    most_gate_calls: 0.13,
  },
  {
    ...ORDINARY,
    name: "mixed",
    seconds: 125,
    keys: [key("a", 15_000, 20_000_000, 60), key("b", 12_000, null, null)],
    concurrency: 100,
    offered_per_s: 200,
    evict_every_ms: 20_000,
    saturates: "concurrency",
    most_gate_calls: 0.13,
  },
  {
    ...ORDINARY,
    name: "thousands",
    seconds: 125,
    workers: 3_000,
    keys: [key("a", 9_000, 20_000_000, null), key("b", 3_000, null, null)],
    offered_per_s: 400,
    loss: 0.01,
    crash_every_ms: 500,
    evict_every_ms: 10_000,
    saturates: "thin",
    most_gate_calls: 5,
  },
];

/** Limits that bind nowhere here: none, a minute's, concurrency, and both. */
const KEYS = {
  open: [key("a", null, null, null)],
  rates: [key("a", 60_000, 60_000_000, null)],
  slots: [key("a", null, null, 90)],
  both: [key("a", 60_000, 60_000_000, 90)],
};

const COLD = { ...ORDINARY, workers: 400, seconds: 86 * 300, offered_per_s: 1 / 86, latency_ms: [500, 4_000] } as const;
const WIDE = { ...ORDINARY, workers: 200, offered_per_s: 40, latency_ms: [500, 1_500] } as const;
const BUSY = { ...ORDINARY, workers: 50, offered_per_s: 500, latency_ms: [50, 150] } as const;

/** How much the gate may cost where the load is within all limits: see {@link COST_SCENARIOS}. */
const COSTS = [
  { load: "cold", of: COLD, most: { open: [1, 0.02], rates: [2, 1.02], slots: [2, 1.02], both: [2, 1.02] } },
  { load: "wide", of: WIDE, most: { open: [0.1, 0.05], rates: [2, 2], slots: [2.2, 2], both: [2, 2] } },
  { load: "busy", of: BUSY, most: { open: [0.12, 0.1], rates: [0.17, 0.12], slots: [0.15, 0.1], both: [0.2, 0.15] } },
] as const;

/**
 * What the gate costs: a tenant with one call every 86 s over 400 Workers, 40 a second over 200,
 * and 500 a second over 50, with keys of each kind. The gate's object is evicted once it is idle.
 */
export const COST_SCENARIOS: readonly Scenario[] = COSTS.flatMap(({ load, of, most }) =>
  (["open", "rates", "slots", "both"] as const).map((limited) => ({
    ...of,
    latency_ms: [...of.latency_ms],
    name: `${load}-${limited}`,
    keys: KEYS[limited],
    concurrency: 100,
    lanes: { high: 0, standard: 1, batch: 0 },
    idle_ms: 10_000,
    saturates: "nothing" as const,
    most_gate_calls: most[limited][0],
    most_rows: most[limited][1],
  })),
);

/** All simulated worlds. */
export const SCENARIOS: readonly Scenario[] = [...FULL_SCENARIOS, ...COST_SCENARIOS];
