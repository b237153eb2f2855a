import { ExecutionRepository } from "../../../src/storage/executions/executions.ts";
import { createRandom } from "../gate-sim/random.ts";
import { type Reply, sendRequest } from "./caller.ts";
import { FollowerCheck } from "./check-follower.ts";
import { checkBudgets, LOANS_END_MS } from "./check-budgets.ts";
import { checkBatches } from "./check-batches.ts";
import { checkTruth } from "./check-replies.ts";
import type { FaultName } from "./faults.ts";
import { fillKeys } from "./fill-keys.ts";
import { History } from "./history.ts";
import { Hosts } from "./hosts.ts";
import { Isolate, sharedTier, type Surroundings } from "./isolate.ts";
import { Judge } from "./judge.ts";
import { Moods } from "./moods.ts";
import { createKeys, everyKeyOf } from "./provider-keys.ts";
import { makeBeat, makeWish, TENANTS, type Wish } from "./requests.ts";
import { BUDGETED_TENANT } from "./tenant-budgets.ts";
import { runProviderPhase } from "./provider-phase.ts";
import { SpendingWatch } from "./spending-watch.ts";
import { UsageQueue } from "./usage-queue.ts";
import { WorldBatches } from "./world-batches.ts";
import { WorldClock } from "./world-clock.ts";
import type { WorldPlan, WorldReport } from "./world-plan.ts";
import { WorldProvider } from "./world-provider.ts";

const ISOLATES = 3;
/** Requests begin at this mean distance, in ms. */
const ARRIVE_MS = 180;
/** One request in this number comes with a batch or an asynchronous execution. */
const BATCH_EVERY = 12;
/** The providers' own batches have a part in one world in ten: it takes a day. */
const PROVIDER_PHASE = { every: 10, at: 3 };
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
/** A loan of a provider's batch whose end is not known may live for this long, in ms. */
const LONGEST_LOAN_MS = 28 * 3_600_000;
/**
 * When a world starts, Unix ms: in some seeds so that a day, or a month, turns in its busy part.
 */
function startOf(seed: number): number | undefined {
  const before = seed % 4 === 1 ? Date.UTC(2026, 11, 1) : seed % 4 === 3 ? Date.UTC(2026, 10, 20) : undefined;
  return before && before - BEFORE_TURN_MS;
}

/** How long before the turn of a day such a world starts, in ms. */
const BEFORE_TURN_MS = 12_000;
/** The tries of one idempotency key. */
const TRIES = 4;

/** Runs a world from its start to its end. The seed decides everything in it. */
export async function simulateWorld(plan: WorldPlan): Promise<WorldReport> {
  const clock = new WorldClock(startOf(plan.seed));
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
  readonly #spending: SpendingWatch;
  /** Requests without a reply, by name. */
  readonly #open = new Set<string>();
  readonly #followers: FollowerCheck;
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
    this.#spending = new SpendingWatch(ground, this.#followers);
    const keysFor = createKeys(plan.seed % 2 === 0 ? TENANTS[1] : null);
    const everyKey = everyKeyOf(keysFor, [...TENANTS, BUDGETED_TENANT]);
    this.#moods = new Moods(history);
    const shared = { judge: this.#judge, moods: this.#moods, recordedAt: new Map<string, number>() };
    this.#hosts = new Hosts(ground, shared);
    const pickIsolate = () => this.#pickIsolate();
    this.#batches = new WorldBatches({
      ...ground,
      ...shared,
      pickIsolate,
      pay: (call, { row_id }) =>
        this.#world.provider.addPaid({ ...call, lent_at: this.#hosts.dayOfLoan(row_id) ?? clock.now() }),
    });
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
      own: (request, id) => this.#spending.noteIntent(request, id),
      tries: (request, model) => this.#followers.noteTried(request, model),
      watch: (admit) => async (call) => this.#spending.admit(admit, call),
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
    await this.#clock.runUntil(this.#spending.slotsBackBy);
    this.#isResting = false;
    const send = async (...sent: [Isolate, Wish, string]) => this.#sendTo(...sent);
    const filling = { ...this.#world, judge: this.#judge, isolates: this.#isolates, send };
    for (const tenant of TENANTS) await fillKeys(filling, tenant);
    await this.#clock.runUntil(this.#clock.elapsed() + 60_000);
    await this.#batches.untilQuiet();
    if (seed % PROVIDER_PHASE.every === PROVIDER_PHASE.at) await this.#runProviderPhase();
    await this.#untilLoansEnd();
    for (const request of this.#open) this.#judge.accuse("ends", `${request} has no end`);
    const { calls } = this.#world.provider;
    const rows = this.#hosts.checkLedger();
    const { admissions, intents } = this.#spending;
    const truth = { replies: this.#replies, calls, admissions, rows, intents, startMs: this.#clock.startMs };
    const bill = checkTruth(this.#judge, truth);
    const { nextExpiry, ...lent } = this.#hosts.purse();
    const now = this.#clock.now();
    const purse = checkBudgets(this.#judge, { ...lent, calls, now, hasLoans: nextExpiry < Infinity });
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

  /** The providers' own batches, in a part of the world of their own: they take hours. */
  async #runProviderPhase(): Promise<void> {
    const faults = this.#faults;
    await runProviderPhase({
      ...this.#world,
      faults,
      batches: this.#batches,
      planned: this.#plan.faults,
      crash: () => this.#planCrash(),
      evict: () => this.#hosts.evictOne(),
      spoilShard: () => this.#spoilShard(),
    });
  }

  /** Loans of isolates that are gone end late, and those of providers' batches after a day. */
  async #untilLoansEnd(): Promise<void> {
    await this.#clock.runUntil(this.#clock.elapsed() + LOANS_END_MS);
    const { nextExpiry } = this.#hosts.purse();
    if (nextExpiry < Infinity) await this.#clock.runUntil(this.#clock.elapsed() + LONGEST_LOAN_MS);
  }

  get #random() {
    return this.#world.random;
  }

  #newIsolate(index: number): Isolate {
    this.#lives += 1;
    const hasLarge = this.#plan.has_two_settings === true && this.#lives % 2 === 0;
    return new Isolate(this.#world, `w${index}-${this.#lives}`, hasLarge);
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
