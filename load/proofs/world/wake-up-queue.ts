import type { BatchWakeUp } from "../../../src/domain/batches/wake-up.ts";
import type { Lane } from "../../../src/domain/lane.ts";
import type { BatchDeps, WakeUpQueue } from "../../../src/services/batches/batch-deps.ts";
import { handleWakeUp, startInvocation } from "../../../src/services/batches/handle-wake-up.ts";
import type { Isolate } from "./isolate.ts";
import type { Judge } from "./judge.ts";
import { Life } from "./life.ts";
import { type Ground, never } from "./network.ts";

/** How the queue of each lane delivers, as in wrangler.toml. */
const QUEUES: Record<Lane, { batch: number; gather_ms: number; consumers: number }> = {
  high: { batch: 1, gather_ms: 1, consumers: 10 },
  standard: { batch: 5, gather_ms: 1_000, consumers: 20 },
  batch: { batch: 5, gather_ms: 1_000, consumers: 20 },
};
/** Deliveries of a message until it goes to the dead letters, and the pause before another one. */
const DELIVERIES = 6;
const RETRY_MS = 5_000;
/** What the platform allows an invocation. */
const ALLOWED = { ms: 15 * 60_000, queries: 1_000 };
/** The share of sends that a queue in trouble refuses, half of them although it took them. */
const REFUSED = 0.06;
/** The share of messages that are lost, doubled, or delivered again although they were handled. */
const TROUBLE = { lost: 0.06, doubled: 0.1, again: 0.05 };
/** The longest delay where the queue is in trouble, and the usual one, in ms. */
const DELAY_MS = { longest: 40_000, usual: 100 };
/** The share of invocations that the platform ends in the middle, and when at most, in ms. */
const ENDED = { share: 0.06, within_ms: 12_000 };

/**
 * The share of invocations that stand still, when at most, and for how long, in ms. Most of them go
 * on while another one runs what it took from them.
 */
const STALLED = { share: 0.08, within_ms: 6_000, least_ms: 20_000, most_ms: 150_000, taken_ms: 3_000 };

/** A message on its way. */
interface Letter {
  body: BatchWakeUp;
  attempts: number;
}

/** What the queues of all lanes have in common. */
export interface WakeUpQueueDeps extends Ground {
  judge: Judge;
  pickIsolate(): Isolate;
  /** The next number of an invocation. */
  nextNumber(): number;
}

/** The queue of a lane with its consumers, each an invocation in some isolate. */
export class LaneQueue implements WakeUpQueue {
  readonly #deps: WakeUpQueueDeps;
  readonly #lane: Lane;
  #ready: Letter[] = [];
  #consumers = 0;
  readonly #stalled = new Map<string, Life>();
  #isGathering = false;

  constructor(deps: WakeUpQueueDeps, lane: Lane) {
    this.#deps = deps;
    this.#lane = lane;
  }

  async sendBatch(messages: Array<{ body: BatchWakeUp; delaySeconds: number }>): Promise<void> {
    const { clock, random, faults } = this.#deps;
    if (clock.life()?.isOver) return never<void>();
    const sent = structuredClone(messages);
    await clock.sleep(random.between(5, 30));
    const isTroubled = faults.has("queue");
    const isRefused = isTroubled && random.chance(REFUSED);
    if (isRefused && random.chance(0.5)) throw new Error("the queue refused messages");
    for (const { body, delaySeconds } of sent) {
      const delay = () => delaySeconds * 1_000 + (isTroubled ? random.between(10, DELAY_MS.longest) : DELAY_MS.usual);
      const dice = isTroubled ? random.unit() : 1;
      if (dice < TROUBLE.lost) continue;
      this.#deliverIn(delay(), { body, attempts: 1 });
      if (dice < TROUBLE.lost + TROUBLE.doubled) this.#deliverIn(delay(), { body, attempts: 1 });
    }
    if (isRefused) throw new Error("the queue took messages and did not say so");
  }

  #deliverIn(ms: number, letter: Letter): void {
    this.#deps.clock.in(undefined, ms, () => {
      this.#ready.push(letter);
      this.#gather();
    });
  }

  #gather(): void {
    const { consumers, gather_ms } = QUEUES[this.#lane];
    if (this.#isGathering || this.#ready.length === 0 || this.#consumers >= consumers) return;
    this.#isGathering = true;
    this.#deps.clock.in(undefined, gather_ms, () => {
      this.#isGathering = false;
      this.#invoke(this.#ready.splice(0, QUEUES[this.#lane].batch));
      this.#gather();
    });
  }

  /** Starts a consumer in an isolate. What it did not handle when its life ends comes again. */
  #invoke(letters: readonly Letter[]): void {
    const { clock, random, faults } = this.#deps;
    const isolate = this.#deps.pickIsolate();
    const life = new Life(`q${this.#deps.nextNumber()}`, isolate.life);
    const open = new Set(letters);
    this.#consumers += 1;
    const leave = () => {
      this.#consumers -= 1;
      this.#gather();
    };
    const stop = life.onEnd(() => {
      for (const letter of open) this.#retry(letter);
      leave();
    });
    if (faults.has("crashes") && random.chance(ENDED.share)) {
      clock.in(undefined, random.between(10, ENDED.within_ms), () => life.end());
    }
    if (faults.has("stalls") && random.chance(STALLED.share)) this.#stall(life);
    this.#deps.history.add(`${life.name} starts in ${isolate.life.name} with ${letters.length} wake-ups`);
    void clock.within(life, async () => {
      await this.#consume(isolate.batches, open);
      stop();
      leave();
    });
  }

  /** Another invocation took items of one that may stand still. */
  noteTaken(name: string): void {
    const { clock, random } = this.#deps;
    const life = this.#stalled.get(name);
    if (life) life.stall(clock.elapsed() + random.between(0, STALLED.taken_ms));
    this.#stalled.delete(name);
  }

  /** The invocation will stand still while others take over what it holds. */
  #stall(life: Life): void {
    const { clock, random, history } = this.#deps;
    const ms = random.between(STALLED.least_ms, STALLED.most_ms);
    clock.in(undefined, random.between(10, STALLED.within_ms), () => {
      history.add(`${life.name} stands still for ${Math.round(ms)} ms`);
      life.stall(clock.elapsed() + ms);
      this.#stalled.set(life.name, life);
    });
  }

  async #consume(deps: BatchDeps, open: Set<Letter>): Promise<void> {
    const { clock, random, faults, judge } = this.#deps;
    const began = clock.now();
    const invocation = startInvocation(deps);
    const handle = async (letter: Letter) => {
      try {
        await handleWakeUp(deps, this.#lane, structuredClone(letter.body), invocation);
        open.delete(letter);
        if (faults.has("queue") && random.chance(TROUBLE.again)) this.#retry(letter);
      } catch {
        open.delete(letter);
        this.#retry(letter);
      }
    };
    await Promise.all([...open].map(handle));
    const took = clock.now() - began;
    if (took > ALLOWED.ms || invocation.queries > ALLOWED.queries) {
      judge.accuse("places", `${clock.life()?.name} took ${took} ms and ${invocation.queries} queries`);
    }
  }

  #retry({ body, attempts }: Letter): void {
    if (attempts < DELIVERIES) this.#deliverIn(RETRY_MS, { body, attempts: attempts + 1 });
  }
}
