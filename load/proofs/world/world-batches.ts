import { acceptBatch } from "../../../src/services/batches/accept-batch.ts";
import { acceptExecution } from "../../../src/services/batches/accept-execution.ts";
import {
  acceptBatchOnce,
  type AcceptOnceDeps,
  acceptExecutionOnce,
} from "../../../src/services/batches/accept-once.ts";
import type { BatchDeps } from "../../../src/services/batches/batch-deps.ts";
import { cancelBatch, redriveBatch } from "../../../src/services/batches/change-batch.ts";
import { sweepBatches } from "../../../src/services/batches/sweep-batches.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { byLane } from "../../../src/domain/lane.ts";
import type { LocalD1 } from "../../harness/local-d1.ts";
import type { BatchSurroundings } from "./batch-isolate.ts";
import { type BatchRun, BatchWatch } from "./batch-watch.ts";
import { type BatchWish, executionOf, makeBatchWish, submissionOf } from "./batch-wish.ts";
import type { Isolate } from "./isolate.ts";
import type { Judge } from "./judge.ts";
import { Life } from "./life.ts";
import type { Moods } from "./moods.ts";
import type { Ground } from "./network.ts";
import { ProviderBatches, type ProviderBatchesDeps } from "./provider-batches.ts";
import { LaneQueue } from "./wake-up-queue.ts";
import { WebhookReceiver } from "./webhook-receiver.ts";
import { openWorldShards } from "./world-d1.ts";

/** The sweep runs every minute, as in wrangler.toml. */
const SWEEP_MS = 60_000;
/**
 * How long batches may take until all of them have ended, after everything else, and how often it
 * is looked whether they have, in ms.
 */
const USUAL = { longestMs: 900_000, lookMs: 5_000 };
/** Whether the cron has something to do. Bind the time three times. */
const DUE = `select 1 from batch_groups g where open = 1 and (wake_at <= ? or (queued > 0 and not exists
    (select 1 from provider_batches p where p.batch_id = g.batch_id and p.state <> 'ended')))
  union all select 1 from provider_batches where state <> 'ended' and next_poll_at <= ?
  union all select 1 from batches where webhook_due_at <= ? limit 1`;
/** How often a caller tries what does not succeed, and after which pause at most, in ms. */
const TRIES = 8;
const PAUSE_MS = 12_000;
/** The share of requests that the platform ends within this time, in ms. */
const CANCELLED = { share: 0.08, within_ms: 400 };

/** What the batches of a world need of it. */
interface WorldBatchesDeps extends Ground {
  judge: Judge;
  moods: Moods;
  /** When each execution was first recorded, Unix ms. */
  recordedAt: ReadonlyMap<string, number>;
  pickIsolate(): Isolate;
  pay: ProviderBatchesDeps["pay"];
}

/** What a caller was told: the id of what it sent. */
export interface Acceptance {
  wish: BatchWish;
  id: string;
}

/** All batches and asynchronous executions of a world: their callers, queues, storage and sweep. */
export class WorldBatches {
  readonly watch: BatchWatch;
  readonly receiver: WebhookReceiver;
  readonly databases: LocalD1[] = [];
  readonly accepted: Acceptance[] = [];
  /** What every isolate has of the batches. */
  readonly surroundings: BatchSurroundings;
  /** The runs of each execution of an item, in their order. */
  readonly runs = new Map<string, BatchRun[]>();
  /** Whether the cron may leave out the minutes in which nothing is due. */
  isCalm = false;
  readonly #deps: WorldBatchesDeps;
  readonly #atProviders: ProviderBatches;
  readonly #lanes: readonly LaneQueue[];
  readonly #areLeasesKept: boolean;
  #visits = 0;
  #callers = 0;

  constructor(deps: WorldBatchesDeps) {
    const { judge, moods } = deps;
    this.#deps = deps;
    this.#areLeasesKept = !deps.faults.has("storage") && !deps.faults.has("stalls");
    this.watch = new BatchWatch(deps, judge, (invocation) => {
      for (const queue of this.#lanes) queue.noteTaken(invocation);
    });
    this.receiver = new WebhookReceiver(deps);
    const attach = (database: LocalD1) => {
      this.databases.push(database);
      return this.watch.attach(database);
    };
    this.#atProviders = new ProviderBatches({ ...deps, runs: this.runs, databases: this.databases });
    let invocations = 0;
    const queueDeps = { ...deps, nextNumber: () => (invocations += 1) };
    const lanes = byLane((lane) => new LaneQueue(queueDeps, lane));
    this.#lanes = Object.values(lanes);
    this.surroundings = {
      shards: openWorldShards(deps, moods, attach),
      queues: { ...lanes, webhooks: new LaneQueue(queueDeps, "batch") },
      receiver: this.receiver,
      providers: this.#atProviders.providers,
      beginRun: (...begun) => this.#beginRun(...begun),
    };
    this.#planSweep();
  }

  /** Runs the world until every accepted item has ended, or should have. */
  async untilEnded(): Promise<void> {
    await this.#untilNone("ended_at is null", USUAL);
  }

  /** Runs the world until every webhook is delivered as well. */
  async untilQuiet(wait = USUAL): Promise<void> {
    await this.#untilNone("(ended_at is null or webhook_due_at is not null)", wait);
  }

  /** Whether the cron has nothing to do in a calm world. */
  isIdle(): boolean {
    const now = this.#deps.clock.now();
    return (
      this.isCalm && this.databases.every((each) => each.prepare(DUE).bind(now, now, now).now().results.length === 0)
    );
  }

  /** A caller comes, and stays until it knows what became of its request. */
  async visit(name: string, makeWish = makeBatchWish): Promise<void> {
    this.#callers += 1;
    const wish = makeWish(this.#deps.random, name);
    const id = await this.#submit(wish);
    if (id !== undefined) {
      const { tenant_id, cancel_ms, redrive_ms } = wish;
      this.accepted.push({ wish, id });
      const { clock } = this.#deps;
      await clock.sleep(cancel_ms ?? redrive_ms ?? 1);
      const change = async (deps: BatchDeps) => {
        if (cancel_ms !== undefined) await cancelBatch(deps, tenant_id, id);
        if (redrive_ms !== undefined) await redriveBatch(deps, tenant_id, id);
        return true;
      };
      await this.#insist(`${redrive_ms === undefined ? "cancel" : "redrive"} ${name}`, change);
    }
    this.#callers -= 1;
  }

  async #untilNone(isOpen: string, { longestMs, lookMs }: typeof USUAL): Promise<void> {
    const { clock } = this.#deps;
    const open = `select 1 from batches where state <> 'uploading' and ${isOpen} limit 1`;
    const isQuiet = () =>
      this.#callers === 0 && this.databases.every((each) => each.prepare(open).now().results.length === 0);
    const end = clock.elapsed() + longestMs;
    while (!isQuiet() && clock.elapsed() < end) await clock.runUntil(clock.elapsed() + lookMs);
    await clock.runUntil(clock.elapsed() + lookMs);
  }

  /**
   * Sends what a caller wants, with a key again until it is accepted. Returns the id it was told.
   */
  async #submit(wish: BatchWish): Promise<string | undefined> {
    const { key, name } = wish;
    const accept = async (deps: BatchDeps) => acceptWish(deps, wish, async () => this.#deps.clock.sleep(20));
    return key === undefined ? this.request(`${name}.1`, accept) : this.#insist(name, accept);
  }

  /** Repeats a request until it succeeds. */
  async #insist<T>(name: string, work: (deps: BatchDeps) => Promise<T>): Promise<T | undefined> {
    const { clock, random } = this.#deps;
    for (let index = 1; index <= TRIES; index++) {
      const result = await this.request(`${name}.${index}`, work);
      if (result !== undefined) return result;
      await clock.sleep(random.between(100, PAUSE_MS));
    }
    return undefined;
  }

  /** One request to an isolate: undefined where it fails, or its isolate ends. */
  async request<T>(
    name: string,
    work: (deps: BatchDeps, isolate: Isolate) => Promise<T>,
    cancelled: typeof CANCELLED & { stall_ms?: number } = CANCELLED,
  ): Promise<T | undefined> {
    const { clock, random, faults, history } = this.#deps;
    const isolate = this.#deps.pickIsolate();
    const life = new Life(name, isolate.life);
    history.add(`${name} asks ${isolate.life.name}`);
    if (faults.has("crashes") && random.chance(cancelled.share)) {
      clock.in(undefined, random.between(5, cancelled.within_ms), () => life.end());
    }
    const { stall_ms } = cancelled;
    if (stall_ms !== undefined && faults.has("stalls") && random.chance(cancelled.share)) {
      clock.in(undefined, random.between(5, cancelled.within_ms), () => life.stall(clock.elapsed() + stall_ms));
    }
    return new Promise<T | undefined>((resolve) => {
      const tell = (text: string, result?: T) => {
        history.add(`${name} ${text}`);
        clock.in(undefined, 1, () => resolve(result));
      };
      const stop = life.onEnd(() => tell("is cut off"));
      void clock
        .within(life, async () => work(isolate.batches, isolate))
        .then(
          (result) => tell(`got ${typeof result === "string" ? result : "its reply"}`, result),
          (error: unknown) => tell(`failed: ${error instanceof AppError ? error.code : String(error)}`),
        )
        .then(stop);
    });
  }

  #planSweep(): void {
    const { clock } = this.#deps;
    clock.in(undefined, SWEEP_MS, () => {
      this.#planSweep();
      if (!this.isIdle()) void this.request(`sweep${(this.#visits += 1)}`, async (deps) => sweepBatches(deps));
    });
  }

  #beginRun(executionId: string, invocation: Life | undefined, places: number) {
    const { judge, recordedAt, history } = this.#deps;
    const runs = this.runs.get(executionId) ?? [];
    const name = `${executionId}.${runs.length + 1}`;
    const {
      claimed_at = 0,
      wasOpen = false,
      batch_id = "",
      position = 0,
    } = this.watch.executions.get(executionId) ?? {};
    this.#atProviders.checkRun(name, batch_id, position);
    if (!wasOpen) judge.accuse("cancelled", `${name} runs, and its batch was not open when it was claimed`);
    const hadRecord = (recordedAt.get(executionId) ?? Infinity) < claimed_at;
    const other = runs.find(({ hasEnded, life }) => !hasEnded && !life.isOver);
    // A shard that does not answer keeps a heartbeat from renewing its leases, as does a stall.
    if (other && this.#areLeasesKept) judge.accuse("leases", `${name} runs while ${other.life.name} does`);
    const run: BatchRun = { life: new Life(name, invocation), hasEnded: false, hadRecord };
    this.runs.set(executionId, [...runs, run]);
    history.add(`${name} runs in ${invocation?.name}`);
    const leave = this.watch.begin(invocation?.name ?? "", places);
    const end = () => {
      run.hasEnded = true;
      leave();
    };
    return { life: run.life, end };
  }
}

/** Accepts what a caller sends, under its key if it has one. Returns the id. */
async function acceptWish(deps: BatchDeps, wish: BatchWish, pause: () => Promise<void>): Promise<string> {
  const { key } = wish;
  const once: AcceptOnceDeps = {
    ...deps,
    acceptBatch: async (...sent) => acceptBatch(deps, ...sent),
    acceptExecution: async (...sent) => acceptExecution(deps, ...sent),
  };
  if (wish.kind === "execution") {
    if (key === undefined) return acceptExecution(deps, executionOf(wish));
    return (await acceptExecutionOnce(once, key, executionOf(wish))).id;
  }
  const submission = submissionOf(wish, pause);
  const { record } = await (key === undefined ? acceptBatch(deps, submission) : acceptBatchOnce(once, key, submission));
  return record.id;
}
