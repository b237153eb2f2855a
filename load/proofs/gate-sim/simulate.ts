import { byLane, type Lane, LANES } from "../../../src/domain/lane.ts";
import type { Permit } from "../../../src/domain/gate/client/permit.ts";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import { createEventQueue } from "./event-queue.ts";
import { GateWorld } from "./gate-world.ts";
import { createRandom } from "./random.ts";
import { createStrictProvider, type Seen, type StrictProvider } from "./strict-provider.ts";
import { type SimCaller, WorkerWorld } from "./worker-world.ts";

/**
 * One simulated world. Rates are calls a second, times are ms, `lanes` are shares that sum to 1.
 */
export interface Scenario {
  name: string;
  workers: number;
  keys: KeyLimits[];
  /** The concurrency of all keys together. */
  concurrency: number;
  seconds: number;
  offered_per_s: number;
  lanes: Record<Lane, number>;
  patience_ms: number;
  latency_ms: [low: number, high: number];
  /** The tokens that a call reserves; it spends 40 to 100 % of them. */
  tokens: [low: number, high: number];
  /** The share of calls that may last longer than the others, so that other leases are for them. */
  long: number;
  /** The share of calls that their Workers abort, half of them within half a second. */
  aborted: number;
  skew_ms: number;
  loss: number;
  /** Mean times between two such events anywhere; Infinity for none. */
  crash_every_ms: number;
  evict_every_ms: number;
  /** The gate is evicted after this time without a message; never where it is absent. */
  idle_ms?: number;
  /**
   * What the offered load uses up: the keys' rates, their concurrency, their rates spread thinly
   * over many Workers that have little to do, or nothing.
   */
  saturates: "rate" | "concurrency" | "thin" | "nothing";
  /** The most messages to the gate, and rows that it stores, that an execution may cost. */
  most_gate_calls: number;
  most_rows?: number;
}

/** What the callers of a lane met, or those whose calls may last long. Waits in ms. */
export interface CallerFigures {
  asked: number;
  served: number;
  refused: number;
  max_wait: number;
  p99_wait: number;
}

/**
 * The result of a simulation. `utilisation` is that of the tightest limit, from the second minute
 * on. For concurrency it counts a call from its sending until its response is back.
 */
export interface SimFigures {
  over_limit: number;
  utilisation: number;
  gate_calls_per_execution: number;
  gate_calls_per_s: number;
  rows_per_execution: number;
  crashes: number;
  evictions: number;
  lanes: Record<Lane, CallerFigures>;
  long: CallerFigures;
  seen: Record<string, Seen>;
}

/** The first minute fills the window, and figures count what comes after it. */
const WARM_MS = 60_000;
/** The setting `FREE_CALLS`. */
const FREE_CALLS = 2;
/**
 * How long the gate keeps the slots of ordinary calls, and of those that may last longer, in ms.
 */
const HOLD_MS = 30_000;
const LONG_HOLD_MS = 240_000;
/**
 * How long the provider takes to see that a call was aborted, once the abort has arrived, in ms.
 */
const NOTICE_MS = 50;

/** Runs a scenario. The seed decides everything in it. */
export function simulate(scenario: Scenario, seed: number): SimFigures {
  return new Simulation(scenario, seed).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #random: ReturnType<typeof createRandom>;
  readonly #queue = createEventQueue();
  readonly #provider: StrictProvider;
  readonly #gate: GateWorld;
  readonly #workers: WorkerWorld[];
  readonly #lanes = byLane(noCallers);
  readonly #long = noCallers();
  /** What the provider saw after the first minute. */
  readonly #warm = { calls: 0, tokens: 0, busy_ms: 0 };
  #crashes = 0;

  constructor(scenario: Scenario, seed: number) {
    const { keys, concurrency, skew_ms, workers, idle_ms: idleMs } = scenario;
    const random = createRandom(seed);
    const skew = () => random.between(-skew_ms, skew_ms);
    this.#scenario = scenario;
    this.#random = random;
    // With keys without limits a Worker does not ask for its first calls.
    const areOpen = [limitOf(keys, "rpm"), limitOf(keys, "tpm"), limitOf(keys, "max_concurrency")].every(
      (limit) => limit === Infinity,
    );
    this.#provider = createStrictProvider(keys, concurrency + (areOpen ? FREE_CALLS * workers : 0));
    this.#gate = new GateWorld({ queue: this.#queue, random, skewMs: skew(), concurrency, ...(idleMs && { idleMs }) });
    const skews = Array.from({ length: workers }, skew);
    this.#workers = skews.map((skewMs) => this.#createWorker(skewMs));
  }

  run(): SimFigures {
    const { crash_every_ms, evict_every_ms, seconds } = this.#scenario;
    this.#every(crash_every_ms, () => {
      this.#crashes += 1;
      this.#anyWorker()?.crash();
    });
    this.#every(evict_every_ms, () => this.#gate.evict());
    this.#bringCallers();
    this.#queue.runUntil(seconds * 1_000);
    return this.#figures();
  }

  #createWorker(skewMs: number): WorkerWorld {
    const random = this.#random;
    const toGate = () => random.between(1, 80);
    const deps = {
      queue: this.#queue,
      random,
      gate: this.#gate,
      keys: this.#scenario.keys,
      freeCalls: FREE_CALLS,
      loss: this.#scenario.loss,
      toGate,
      toProvider: () => random.between(2, 400),
      call: (permit: Permit, caller: SimCaller, delay: number, ended: (isAborted: boolean) => void) => {
        const back = toGate();
        const isAborted = caller.aborts_after_ms < delay + caller.takes_ms + back;
        if (isAborted) this.#queue.after(caller.aborts_after_ms, () => ended(true));
        const endedThere = isAborted ? undefined : () => ended(false);
        this.#queue.after(delay, () => this.#callProvider(permit, caller, delay, back, endedThere));
      },
      served: (caller: SimCaller) => {
        for (const counts of this.#countsOf(caller)) {
          counts.served += 1;
          counts.waits.push(this.#queue.now() + skewMs - caller.since);
        }
      },
      refused: (caller: SimCaller) => {
        for (const counts of this.#countsOf(caller)) counts.refused += 1;
      },
    };
    return new WorkerWorld(deps, skewMs);
  }

  #countsOf({ lane, hold_ms }: Pick<SimCaller, "lane" | "hold_ms">): CallerCounts[] {
    return hold_ms === LONG_HOLD_MS ? [this.#lanes[lane], this.#long] : [this.#lanes[lane]];
  }

  /**
   * A call arrives at the provider after `delay`, and its response is back after its time and
   * `back`. One that was aborted (without `ended`) goes on there until the provider notices.
   */
  #callProvider({ key }: Permit, caller: SimCaller, delay: number, back: number, ended?: () => void): void {
    const { spends, aborts_after_ms } = caller;
    const noticed_ms = Math.max(0, aborts_after_ms - delay) + back + NOTICE_MS;
    const takes_ms = ended ? caller.takes_ms : Math.min(caller.takes_ms, noticed_ms);
    this.#provider.begin(key, spends, this.#queue.now());
    this.#queue.after(takes_ms, () => this.#provider.end(key));
    if (ended) this.#queue.after(takes_ms + back, ended);
    if (this.#queue.now() < WARM_MS) return;
    this.#warm.calls += 1;
    this.#warm.tokens += spends;
    this.#warm.busy_ms += delay + takes_ms + back;
  }

  /** Brings a caller to some Worker, and plans the next one. */
  #bringCallers(): void {
    const { lanes, tokens: size, latency_ms, patience_ms, offered_per_s, aborted, long } = this.#scenario;
    const random = this.#random;
    const lane = pickLane(lanes, random.unit());
    const tokens = Math.ceil(random.between(...size));
    const hold_ms = long > 0 && random.chance(long) ? LONG_HOLD_MS : HOLD_MS;
    for (const counts of this.#countsOf({ lane, hold_ms })) counts.asked += 1;
    const spends = Math.ceil(tokens * random.between(0.4, 1));
    const takes_ms = random.between(...latency_ms);
    const aborts_after_ms = random.chance(aborted) ? random.between(0, random.chance(0.5) ? 500 : takes_ms) : Infinity;
    const call = { model: "m", spends, takes_ms, aborts_after_ms };
    const caller = { ...call, lane, tokens, hold_ms, patient: true, avoid: [] };
    this.#anyWorker()?.arrive(caller, patience_ms);
    this.#queue.after(random.exponential(offered_per_s / 1_000), () => this.#bringCallers());
  }

  #every(meanMs: number, act: () => void): void {
    if (meanMs === Infinity) return;
    this.#queue.after(this.#random.exponential(1 / meanMs), () => {
      act();
      this.#every(meanMs, act);
    });
  }

  #anyWorker(): WorkerWorld | undefined {
    return this.#workers[Math.floor(this.#random.unit() * this.#workers.length)];
  }

  #figures(): SimFigures {
    const { keys, seconds, concurrency } = this.#scenario;
    const minutes = (seconds * 1_000 - WARM_MS) / 60_000;
    const served = LANES.reduce((sum, lane) => sum + this.#lanes[lane].served, 0);
    const seen = Object.fromEntries(keys.map(({ name }) => [name, this.#provider.seen(name)]));
    const slots = Math.min(concurrency, limitOf(keys, "max_concurrency"));
    return {
      over_limit: Object.values(seen).reduce(
        (sum, { over }) => sum + over.requests + over.tokens + over.concurrency,
        0,
      ),
      utilisation: Math.max(
        this.#warm.calls / (minutes * limitOf(keys, "rpm")),
        this.#warm.tokens / (minutes * limitOf(keys, "tpm")),
        this.#warm.busy_ms / (minutes * 60_000 * slots),
      ),
      gate_calls_per_execution: this.#gate.messages / Math.max(1, served),
      gate_calls_per_s: this.#gate.messages / seconds,
      rows_per_execution: this.#gate.rowsWritten / Math.max(1, served),
      crashes: this.#crashes,
      evictions: this.#gate.evictions,
      lanes: byLane((lane) => figuresOf(this.#lanes[lane])),
      long: figuresOf(this.#long),
      seen,
    };
  }
}

interface CallerCounts {
  asked: number;
  served: number;
  refused: number;
  waits: number[];
}

function noCallers(): CallerCounts {
  return { asked: 0, served: 0, refused: 0, waits: [] };
}

function figuresOf({ waits, ...counts }: CallerCounts): CallerFigures {
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
