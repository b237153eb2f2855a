import { ExecutionRepository } from "../../../src/storage/executions/executions.ts";
import { createRandom } from "../gate-sim/random.ts";
import type { Admission, AdmitCall } from "../../../src/services/gate/admission.ts";
import type { Admit } from "../../../src/services/gate/admit.ts";
import { type Reply, sendRequest } from "./caller.ts";
import { FollowerCheck } from "./check-follower.ts";
import { checkBudgets, LOANS_END_MS, type Purse } from "./check-budgets.ts";
import { type BatchBill, checkBatches } from "./check-batches.ts";
import { type Bill, checkTruth, type SeenAdmission, type SeenIntent } from "./check-replies.ts";
import type { FaultName } from "./faults.ts";
import { fillKeys, longestHoldOf } from "./fill-keys.ts";
import { History } from "./history.ts";
import { Hosts } from "./hosts.ts";
import { Isolate, sharedTier, type Surroundings } from "./isolate.ts";
import { type InvariantName, Judge, type Violation } from "./judge.ts";
import { Moods } from "./moods.ts";
import { createKeys, everyKeyOf } from "./provider-keys.ts";
import { makeBeat, makeWish, TENANTS, type Wish } from "./requests.ts";
import { BUDGETED_TENANT } from "./tenant-budgets.ts";
import { UsageQueue } from "./usage-queue.ts";
import { WorldBatches } from "./world-batches.ts";
import { WorldClock } from "./world-clock.ts";
import { WorldProvider } from "./world-provider.ts";

/** A world to be run. */
export interface WorldPlan {
  seed: number;
  faults: ReadonlySet<FaultName>;
  only: ReadonlySet<InvariantName>;
  /** Requests that begin in the busy part, retries of keys apart. */
  requests: number;
}

/** What came of a world. */
export interface WorldReport extends Bill, BatchBill, Purse {
  seed: number;
  violations: readonly Violation[];
  history: History;
  requests: number;
  answered: number;
  /** Requests that a budget refused. */
  beyond_budget: number;
  calls: number;
  events: number;
}

const ISOLATES = 3;
/** Requests begin at this mean distance, in ms. */
const ARRIVE_MS = 180;
/** One request in this number comes with a batch or an asynchronous execution. */
const BATCH_EVERY = 12;
/** Mean times between two such faults, in ms. */
const EVERY_MS = { crash: 9_000, evict: 5_000, mood: 15_000 };
/** How long a bad shard stays bad at most, in ms. */
const MOOD_MS = 45_000;
/**
 * After its last request the world goes on: the longest calls of all lanes, leases and queue
 * retries end. In ms.
 */
const REST_MS = 340_000;
/** While it rests, each isolate is asked this often, so that leases are renewed. In ms. */
const BEAT_MS = 16_000;
/** The tries of one idempotency key. */
const TRIES = 4;

/** Runs a world from its start to its end. The seed decides everything in it. */
export async function simulateWorld(plan: WorldPlan): Promise<WorldReport> {
  const clock = new WorldClock();
  const restore = clock.install(createRandom(plan.seed + 1_000_003));
  try {
    return await new World(plan, clock).run();
  } finally {
    restore();
  }
}

class World {
  readonly #plan: WorldPlan;
  readonly #clock: WorldClock;
  readonly #judge: Judge;
  readonly #world: Surroundings;
  readonly #isolates: Isolate[] = [];
  readonly #hosts: Hosts;
  readonly #batches: WorldBatches;
  readonly #moods: Moods;
  readonly #replies: Reply[] = [];
  readonly #admissions = new Map<string, SeenAdmission>();
  readonly #intents = new Map<string, SeenIntent[]>();
  /** Requests without a reply, by name. */
  readonly #open = new Set<string>();
  readonly #followers: FollowerCheck;
  /** When no call other than a beat can hold a slot any more, in ms after the start. */
  #slotsBackBy = 0;
  /** The faults that still come. */
  readonly #faults: Set<FaultName>;
  #lives = 0;
  /** Whether the world does no more than keep itself alive, until all slots are filled. */
  #isResting = true;
  /** Whether the isolate that replies next crashes right after its reply. */
  #crashesAfterReply = false;

  constructor(plan: WorldPlan, clock: WorldClock) {
    const random = createRandom(plan.seed);
    const history = new History(() => clock.elapsed());
    this.#faults = new Set(plan.faults);
    const ground = { clock, random, faults: this.#faults, history };
    this.#plan = plan;
    this.#clock = clock;
    this.#judge = new Judge(history, () => clock.elapsed(), plan.only);
    this.#followers = new FollowerCheck(this.#judge);
    const keysFor = createKeys(plan.seed % 2 === 0 ? TENANTS[1] : null);
    const everyKey = everyKeyOf(keysFor, [...TENANTS, BUDGETED_TENANT]);
    this.#moods = new Moods(history);
    const shared = { judge: this.#judge, moods: this.#moods, recordedAt: new Map<string, number>() };
    this.#hosts = new Hosts(ground, shared);
    this.#batches = new WorldBatches({ ...ground, ...shared, pickIsolate: () => this.#pickIsolate() });
    const ledgerOf: Surroundings["ledgerOf"] = (...of) => this.#hosts.ledgerOf(...of);
    const executions = new ExecutionRepository({ shards: this.#batches.surroundings.shards, ledgerOf });
    this.#world = {
      ...ground,
      executions,
      batches: this.#batches.surroundings,
      usage: new UsageQueue(ground, executions),
      provider: new WorldProvider(ground, everyKey, this.#judge),
      tiers: { edge: sharedTier(ground, "edge"), kv: sharedTier(ground, "kv") },
      keysFor,
      gateOf: (tenant, provider) => this.#hosts.gateOf(tenant, provider),
      flightOf: (name) => this.#hosts.flightOf(name),
      keyOf: (name) => this.#hosts.keyOf(name),
      budgetsOf: (tenantId) => this.#hosts.budgetsOf(tenantId),
      ledgerOf,
      own: (request, id) => this.#noteIntent(request, id),
      tries: (request, model) => this.#followers.noteTried(request, model),
      watch: (admit) => async (call) => this.#watchAdmission(admit, call),
    };
    for (let index = 0; index < ISOLATES; index++) this.#isolates.push(this.#newIsolate(index));
  }

  async run(): Promise<WorldReport> {
    const { seed, requests } = this.#plan;
    let at = 0;
    for (let index = 1; index <= requests; index++) {
      at += this.#random.exponential(1 / ARRIVE_MS);
      this.#clock.in(undefined, at, () => void this.#visit(`r${index}`));
      if (index % BATCH_EVERY === 0) this.#clock.in(undefined, at, () => void this.#batches.visit(`b${index}`));
    }
    this.#planFaults(at);
    this.#clock.in(undefined, at, () => this.#beat(0));
    await this.#clock.runUntil(at + REST_MS);
    await this.#batches.untilEnded();
    await this.#clock.runUntil(this.#slotsBackBy);
    this.#isResting = false;
    const send = async (...sent: [Isolate, Wish, string]) => this.#sendTo(...sent);
    const filling = { ...this.#world, judge: this.#judge, isolates: this.#isolates, send };
    for (const tenant of TENANTS) await fillKeys(filling, tenant);
    await this.#clock.runUntil(this.#clock.elapsed() + 60_000);
    await this.#batches.untilQuiet();
    await this.#clock.runUntil(this.#clock.elapsed() + LOANS_END_MS);
    for (const request of this.#open) this.#judge.accuse("ends", `${request} has no end`);
    const { calls } = this.#world.provider;
    const rows = this.#hosts.checkLedger();
    const truth = { replies: this.#replies, calls, admissions: this.#admissions, rows, intents: this.#intents };
    const bill = checkTruth(this.#judge, truth);
    const purse = checkBudgets(this.#judge, calls, this.#hosts.budgetStates());
    const batchBill = checkBatches(this.#judge, { batches: this.#batches, calls, rows });
    return {
      ...bill,
      ...batchBill,
      ...purse,
      seed,
      violations: this.#judge.violations,
      history: this.#world.history,
      requests: this.#replies.length,
      answered: this.#replies.filter(({ kind }) => kind === "answered").length,
      beyond_budget: this.#replies.filter(({ error }) => error?.code === "budget_exceeded").length,
      calls: calls.length,
      events: this.#clock.events,
    };
  }

  get #random() {
    return this.#world.random;
  }

  #newIsolate(index: number): Isolate {
    this.#lives += 1;
    return new Isolate(this.#world, `w${index}-${this.#lives}`);
  }

  /** A caller comes; one with a key comes back with it until it has its result several times. */
  async #visit(name: string): Promise<void> {
    const wish = makeWish(this.#random, this.#plan.faults, name, this.#clock.elapsed());
    if (wish.key === undefined) return void (await this.#sendTo(this.#pickIsolate(), wish, name));
    for (let index = 1; index <= TRIES; index++) {
      const once = { ...wish, ...(index > 1 ? { leaves_ms: undefined, cancelled_ms: undefined } : {}) };
      const sending = this.#sendTo(this.#pickIsolate(), once, `${name}.${index}`);
      // Some callers do not wait for the first reply.
      if (!this.#random.chance(0.15)) await sending;
      const pause = this.#random.chance(0.2) ? 50_000 : this.#random.between(20, 9_000);
      await this.#clock.sleep(pause);
    }
  }

  #pickIsolate(): Isolate {
    const isolate = this.#isolates[Math.floor(this.#random.between(0, ISOLATES))];
    if (!isolate) throw new Error("a world without isolates");
    return isolate;
  }

  async #sendTo(isolate: Isolate, wish: Wish, request: string): Promise<Reply> {
    this.#open.add(request);
    this.#followers.noteSent(request, wish, this.#clock.elapsed());
    const reply = await sendRequest(this.#world, isolate, wish, request);
    this.#open.delete(request);
    if (this.#crashesAfterReply && this.#isolates.includes(isolate)) {
      this.#crashesAfterReply = false;
      this.#crash(this.#isolates.indexOf(isolate));
    }
    this.#replies.push(reply);
    this.#followers.check(reply);
    return reply;
  }

  #noteIntent(request: string, id: string): void {
    this.#world.history.add(`${request} intends ${id}`);
    this.#intents.set(request, [...(this.#intents.get(request) ?? []), { id, at: this.#clock.elapsed() }]);
  }

  /**
   * Gives each admission a number that its call carries to the provider, and sees how it settles.
   */
  async #watchAdmission(admit: Admit, call: AdmitCall): Promise<Admission> {
    const request = this.#clock.life()?.name ?? "?";
    this.#followers.noteTried(request, call.model);
    const admission = await admit(call);
    const backBy = this.#clock.elapsed() + longestHoldOf(call);
    if (!request.startsWith("beat")) this.#slotsBackBy = Math.max(this.#slotsBackBy, backBy);
    const id = `a${this.#admissions.size + 1}`;
    const seen: SeenAdmission = { id, request, reserved: call.tokens, settled: null };
    this.#admissions.set(id, seen);
    const settle = (how: "end" | "abort"): Admission["end"] => {
      return (spent, outcome) => admission[how]((seen.settled = spent), outcome);
    };
    const key = { ...admission.key, secret: `${admission.key.name}#${id}` };
    return { ...admission, key, end: settle("end"), abort: settle("abort") };
  }

  #planFaults(until: number): void {
    const { faults } = this.#plan;
    if (faults.has("crashes")) this.#repeat(EVERY_MS.crash, until, () => this.#planCrash());
    if (faults.has("evictions")) this.#repeat(EVERY_MS.evict, until, () => this.#hosts.evictOne());
    if (faults.has("storage")) this.#repeat(EVERY_MS.mood, until, () => this.#spoilShard());
    // The platform's rules stay as they are; everything else is well from now on.
    this.#clock.in(undefined, until, () => {
      for (const fault of faults) if (fault !== "cancellations") this.#faults.delete(fault);
    });
  }

  #repeat(meanMs: number, until: number, run: () => void): void {
    this.#clock.in(undefined, this.#random.exponential(1 / meanMs), () => {
      if (this.#clock.elapsed() > until) return;
      run();
      this.#repeat(meanMs, until, run);
    });
  }

  #planCrash(): void {
    if (this.#random.chance(0.5)) this.#crashesAfterReply = true;
    else this.#crash(Math.floor(this.#random.between(0, ISOLATES)));
  }

  #crash(index: number): void {
    const old = this.#isolates[index];
    this.#world.history.add(`crash ${old?.life.name}`);
    this.#isolates[index] = this.#newIsolate(index);
    old?.life.end();
  }

  #spoilShard(): void {
    const shard = this.#random.chance(0.5) ? 0 : 1;
    this.#moods.set(shard, this.#random.chance(0.5) ? "refuses" : "hangs");
    this.#clock.in(undefined, this.#random.between(500, MOOD_MS), () => this.#moods.set(shard, "well"));
  }

  /**
   * Small calls from every isolate keep its leases alive, and with them what it never gave back.
   */
  #beat(beats: number): void {
    this.#clock.in(undefined, BEAT_MS, () => {
      if (!this.#isResting) return;
      for (const [index, isolate] of this.#isolates.entries()) {
        const wish = makeBeat(beats + index + 1);
        void this.#sendTo(isolate, wish, wish.name);
      }
      this.#beat(beats + ISOLATES);
    });
  }
}
