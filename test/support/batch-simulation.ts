import type { Execution } from "../../src/domain/executions/execution.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import type { BatchWakeUp } from "../../src/domain/batches/wake-up.ts";
import type { Lane } from "../../src/domain/lane.ts";
import { notFound } from "../../src/domain/errors.ts";
import { newId } from "../../src/domain/id.ts";
import type { BatchDeps } from "../../src/services/batches/batch-deps.ts";
import { handleWakeUp, startInvocation } from "../../src/services/batches/handle-wake-up.ts";
import { openBatch } from "../../src/services/batches/open-batch.ts";
import { sweepBatches } from "../../src/services/batches/sweep-batches.ts";
import { BatchRepository, type NewItem } from "../../src/storage/batches/batches.ts";
import { BatchClaims } from "../../src/storage/batches/claims.ts";
import { BatchDeletions } from "../../src/storage/batches/deletions.ts";
import { GroupLine } from "../../src/storage/batches/group-line.ts";
import { openLocalShards } from "../../load/harness/local-d1.ts";

const START = 1_795_000_000_000;
const GROUP_SIZE = 50;

/** A wake-up in a lane's queue. */
interface SimulatedMessage {
  lane: Lane;
  body: BatchWakeUp;
}

/** The consumers of a simulated queue. */
export interface SimulatedQueue {
  consumers: number;
  /** Messages that one invocation gets at most. */
  batchSize: number;
}

/** What a test accepts: a batch of 2-second calls in the batch lane, of a new tenant, if not said. */
export interface SimulatedWork {
  tenant_id?: string;
  kind?: "batch" | "execution";
  lane?: Lane;
}

/** One invocation of a consumer as it went: duration in ms, and D1 statements. */
export interface SimulatedInvocation {
  started: number;
  duration: number;
  statements: number;
}

/**
 * The queue of a lane with its consumers, over real storage in memory and under a clock that jumps
 * from event to event. Each call of a model lasts `callMs`.
 */
export class BatchSimulation {
  now = START;
  /** When the first call of each batch began. */
  readonly firstCall = new Map<string, number>();
  readonly invocations: SimulatedInvocation[] = [];
  calls = 0;
  done = 0;
  callMs = 2_000;
  /** Calls that last longer or shorter than others, by batch. */
  readonly callMsOf = new Map<string, number>();
  /** While true, the queue takes no messages. */
  unsendable = false;
  readonly #queue: SimulatedQueue;
  readonly #shards = openLocalShards(() => void (this.#statements += 1));
  readonly #deps: BatchDeps;
  #events: Array<{ at: number; fire: () => void }> = [];
  #messages: SimulatedMessage[] = [];
  #busy = 0;
  #statements = 0;

  constructor(queue: SimulatedQueue) {
    this.#queue = queue;
    this.#deps = this.#buildDeps();
  }

  /** Accepts work of `size` items; returns its id. */
  async accept(size: number, work: SimulatedWork = {}): Promise<string> {
    const { tenant_id = newId("ten", this.now), kind = "batch", lane = "batch" } = work;
    const id = newId("bat", this.now);
    const { batches } = this.#deps;
    const upload = { id, tenant_id, created_at: this.now };
    await batches.begin({ ...upload, key_id: "key_x", kind }, 1e9);
    const items = Array.from({ length: size }, (_, position): NewItem => {
      const group = Math.floor(position / GROUP_SIZE);
      const execution_id = newId("exe", this.now);
      return { position, group, same_as: null, custom_id: null, variables: JSON.stringify({ id }), execution_id };
    });
    await batches.add(upload, items, 0);
    const request = {
      prompt: { name: "t" },
      parameters: {},
      cache_control: { no_store: false, no_cache: false, only_if_cached: false },
    };
    const settings = { lane, mode: "queue" as const, request, asked: null, max_cost_nanousd: null };
    const groups = Math.ceil(size / GROUP_SIZE);
    await openBatch(this.#deps, { ...upload, groups }, { ...settings, webhook_url: null, webhook_secret: null });
    return id;
  }

  /** Sends the wake-ups that the sweep finds missing. */
  async sweep(): Promise<void> {
    await sweepBatches(this.#deps);
  }

  /** Ends every consumer and loses all messages, as a restart of a local server does. */
  restart(): void {
    this.#messages = [];
    this.#events = [];
    this.#busy = 0;
  }

  /** Messages in the queue. */
  get queued(): number {
    return this.#messages.length;
  }

  /** Puts a wake-up into the queue of the batch lane. */
  send(body: BatchWakeUp): void {
    this.#messages.push({ lane: "batch", body });
  }

  /** The databases of the shards. */
  get shards(): D1Database[] {
    return [...this.#shards.all.values()].map(({ $client }) => $client);
  }

  /** Runs until `until`, or until nothing is left to happen. */
  async run(until = Infinity): Promise<void> {
    for (;;) {
      this.#dispatch();
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#messages.length > 0 && this.#busy < this.#queue.consumers) continue;
      this.#events.sort((a, b) => a.at - b.at);
      const next = this.#events[0];
      if (!next || next.at > until) break;
      this.#events.shift();
      this.now = next.at;
      next.fire();
    }
    if (until !== Infinity) this.now = until;
  }

  #dispatch(): void {
    while (this.#messages.length > 0 && this.#busy < this.#queue.consumers) {
      void this.#invoke(this.#messages.splice(0, this.#queue.batchSize));
    }
  }

  async #invoke(messages: SimulatedMessage[]): Promise<void> {
    this.#busy += 1;
    const started = this.now;
    const before = this.#statements;
    const invocation = startInvocation(this.#deps);
    await Promise.all(messages.map(async ({ lane, body }) => handleWakeUp(this.#deps, lane, body, invocation)));
    // Exact where invocations do not overlap.
    this.invocations.push({ started, duration: this.now - started, statements: this.#statements - before });
    this.#busy -= 1;
  }

  #after(ms: number, fire: () => void): { at: number; fire: () => void } {
    const event = { at: this.now + ms, fire };
    this.#events.push(event);
    return event;
  }

  #every(ms: number, work: () => void): () => void {
    let next = this.#after(ms, fire);
    const after = (wait: number) => this.#after(wait, fire);
    function fire() {
      next = after(ms);
      work();
    }
    return () => {
      this.#events = this.#events.filter((event) => event !== next);
    };
  }

  async #execute(request: ExecutionRequest): Promise<Execution> {
    this.calls += 1;
    const batch = String(request.variables["id"]);
    if (!this.firstCall.has(batch)) this.firstCall.set(batch, this.now);
    await new Promise<void>((resolve) => void this.#after(this.callMsOf.get(batch) ?? this.callMs, resolve));
    this.done += 1;
    return {
      id: request.id,
      tenant_id: request.tenant_id,
      status: "succeeded",
      cost_nanousd: 1,
      error: null,
    } as Execution;
  }

  #buildDeps(): BatchDeps {
    const shards = this.#shards;
    const queue = (lane: Lane) => ({
      sendBatch: async (messages: Array<{ body: BatchWakeUp; delaySeconds: number }>) => {
        if (this.unsendable) throw new Error("the queue is down");
        for (const { body, delaySeconds } of messages) {
          if (delaySeconds === 0) this.#messages.push({ lane, body });
          else this.#after(delaySeconds * 1_000, () => void this.#messages.push({ lane, body }));
        }
      },
    });
    let tokens = 0;
    const parts: Partial<BatchDeps> = {
      now: () => this.now,
      random: () => 0.5,
      newToken: () => `token ${(tokens += 1)}`,
      every: (ms, work) => this.#every(ms, work),
      queues: { high: queue("high"), standard: queue("standard"), batch: queue("batch"), webhooks: queue("batch") },
      batches: new BatchRepository(shards),
      claims: new BatchClaims(shards),
      deletions: new BatchDeletions(shards),
      line: new GroupLine(shards),
      executions: { find: async () => undefined, findAll: async () => new Map() },
      // Nothing is recorded here, and of a prompt that does not exist no run can have vanished.
      resolve: async () => Promise.reject(notFound("prompt")),
      webhooks: { due: async () => [] } as unknown as BatchDeps["webhooks"],
      execute: {
        run: async (request, _timings, owner) => {
          const execution = await this.#execute(request);
          await owner?.record?.(execution);
          return { execution } as Awaited<ReturnType<BatchDeps["execute"]["run"]>>;
        },
      },
      // One statement writes the records that end together.
      recordAll: async () => void (this.#statements += 1),
      onError: (event, _id, error) => {
        if (this.unsendable && event === "wake_up_unsent") return;
        throw new Error(event, { cause: error });
      },
      settings: {
        leaseMs: 30_000,
        wakeAfterMs: 300_000,
        itemsAtOnce: 6,
        webhookOrigins: [],
        maxItemBytes: 100_000,
        keptMs: 30 * 86_400_000,
        mostOpenBytes: 1_000_000_000,
      },
    };
    return parts as BatchDeps;
  }
}
