import { byLane, type Lane, LANES } from "../../../src/domain/lane.ts";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import { createEventQueue } from "./event-queue.ts";
import { createGateWorld } from "./gate-world.ts";
import { createRandom } from "./random.ts";
import { createStrictProvider, type Seen } from "./strict-provider.ts";
import { createWorkerWorld, type SimCaller } from "./worker-world.ts";

/** One simulated world. Rates are calls a second, times ms, `lanes` shares that sum to 1. */
export interface Scenario {
  name: string;
  workers: number;
  keys: KeyLimits[];
  /** Calls at a time of all keys together. */
  concurrency: number;
  seconds: number;
  offered_per_s: number;
  lanes: Record<Lane, number>;
  patience_ms: number;
  latency_ms: [low: number, high: number];
  /** What a call reserves; it spends 40 to 100 % of that. */
  tokens: [low: number, high: number];
  skew_ms: number;
  loss: number;
  /** Mean times between two such events anywhere; Infinity for none. */
  crash_every_ms: number;
  evict_every_ms: number;
  /** What is full: the keys' rates, their concurrency, or their rates with so many Workers that each has little to do. */
  saturates: "rate" | "concurrency" | "thin";
  /** The most calls to the gate that an execution may cost. */
  most_gate_calls: number;
}

/** What a lane's callers met. Waits in ms. */
export interface LaneFigures {
  asked: number;
  served: number;
  refused: number;
  max_wait: number;
  p99_wait: number;
}

/** What came of a simulation. Utilisation is that of the tightest limit, from the second minute on; of calls at a time, from a call's sending until its answer. */
export interface SimFigures {
  over_limit: number;
  utilisation: number;
  gate_calls_per_execution: number;
  gate_calls_per_s: number;
  crashes: number;
  evictions: number;
  lanes: Record<Lane, LaneFigures>;
  seen: Record<string, Seen>;
}

/** The first minute fills the window; what counts comes after it. */
const WARM_MS = 60_000;

/** Runs a scenario; the seed decides everything in it. */
export function simulate(scenario: Scenario, seed: number): SimFigures {
  const random = createRandom(seed);
  const queue = createEventQueue();
  const provider = createStrictProvider(scenario.keys, scenario.concurrency);
  const gate = createGateWorld(
    queue,
    random,
    random.between(-scenario.skew_ms, scenario.skew_ms),
    scenario.concurrency,
  );
  const lanes = byLane(() => ({ asked: 0, served: 0, refused: 0, waits: [] as number[] }));
  let warmCalls = 0;
  let warmTokens = 0;
  let warmBusyMs = 0;
  let crashes = 0;
  const deps = {
    queue,
    random,
    gate,
    keys: scenario.keys,
    loss: scenario.loss,
    toGate: () => random.between(1, 80),
    toProvider: () => random.between(2, 400),
    call(permit: { key: string }, caller: SimCaller, delay: number, ended: () => void) {
      queue.after(delay, () => {
        provider.begin(permit.key, caller.spends, queue.now());
        if (queue.now() >= WARM_MS) [warmCalls, warmTokens] = [warmCalls + 1, warmTokens + caller.spends];
        queue.after(caller.takes_ms, () => provider.end(permit.key));
        const back = deps.toGate();
        if (queue.now() >= WARM_MS) warmBusyMs += delay + caller.takes_ms + back;
        queue.after(caller.takes_ms + back, ended);
      });
    },
    served: () => undefined as void,
    refused: (caller: SimCaller) => void (lanes[caller.lane].refused += 1),
  };
  const clocks = Array.from({ length: scenario.workers }, () => random.between(-scenario.skew_ms, scenario.skew_ms));
  const workers = clocks.map((skew) =>
    createWorkerWorld(
      {
        ...deps,
        served(caller) {
          lanes[caller.lane].served += 1;
          lanes[caller.lane].waits.push(queue.now() + skew - caller.since);
        },
      },
      skew,
    ),
  );
  const anyone = () => workers[Math.floor(random.unit() * workers.length)];

  function comeAndGo(): void {
    const lane = pickLane(scenario.lanes, random.unit());
    const tokens = Math.ceil(random.between(...scenario.tokens));
    lanes[lane].asked += 1;
    const spends = Math.ceil(tokens * random.between(0.4, 1));
    const rest = {
      model: "m",
      hold_ms: 30_000,
      patient: true,
      avoid: [],
      takes_ms: random.between(...scenario.latency_ms),
    };
    anyone()?.arrive({ lane, tokens, spends, ...rest }, scenario.patience_ms);
    queue.after(random.exponential(scenario.offered_per_s / 1_000), comeAndGo);
  }
  function every(meanMs: number, act: () => void): void {
    if (meanMs === Infinity) return;
    queue.after(random.exponential(1 / meanMs), () => (act(), every(meanMs, act)));
  }
  every(scenario.crash_every_ms, () => ((crashes += 1), anyone()?.crash()));
  every(scenario.evict_every_ms, () => gate.evict());
  comeAndGo();
  queue.runUntil(scenario.seconds * 1_000);

  const warmMinutes = (scenario.seconds * 1_000 - WARM_MS) / 60_000;
  const served = LANES.reduce((sum, lane) => sum + lanes[lane].served, 0);
  const seen = Object.fromEntries(scenario.keys.map(({ name }) => [name, provider.seen(name)]));
  return {
    over_limit: Object.values(seen).reduce((sum, { over }) => sum + over.requests + over.tokens + over.concurrency, 0),
    utilisation: Math.max(
      warmCalls / (warmMinutes * limitOf(scenario.keys, "rpm")),
      warmTokens / (warmMinutes * limitOf(scenario.keys, "tpm")),
      warmBusyMs / (warmMinutes * 60_000 * Math.min(scenario.concurrency, limitOf(scenario.keys, "max_concurrency"))),
    ),
    gate_calls_per_execution: gate.calls() / Math.max(1, served),
    gate_calls_per_s: gate.calls() / scenario.seconds,
    crashes,
    evictions: gate.evictions(),
    lanes: byLane((lane) => figuresOf(lanes[lane])),
    seen,
  };
}

function figuresOf({ waits, ...counts }: { asked: number; served: number; refused: number; waits: number[] }) {
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { ...counts, max_wait: at(1), p99_wait: at(0.99) };
}

function limitOf(keys: readonly KeyLimits[], limit: "rpm" | "tpm" | "max_concurrency"): number {
  return keys.reduce((sum, key) => sum + (key[limit] ?? Infinity), 0);
}

function pickLane(shares: Record<Lane, number>, roll: number): Lane {
  let left = roll;
  return LANES.find((lane) => (left -= shares[lane]) < 0) ?? "standard";
}
