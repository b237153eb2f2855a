import { CRONS_OF_A_MINUTE } from "../../../scripts/local-clock.ts";
import { Life } from "../../proofs/world/life.ts";
import type { Random } from "../../proofs/gate-sim/random.ts";
import type { WorldClock } from "../../proofs/world/world-clock.ts";
import type { Meter } from "../meter.ts";
import { type Activity, watchTimers } from "./activity.ts";
import { installAtOnceCrypto } from "./at-once-crypto.ts";
import { MeteredD1 } from "./metered-d1.ts";
import { MeteredKv, PlaceCache } from "./metered-kv.ts";
import { type ObjectClass, type ObjectGround, ObjectNamespace } from "./metered-objects.ts";
import { type Consumer, MeteredQueue } from "./metered-queue.ts";
import { MeteredBucket } from "./metered-r2.ts";

/** The Worker: the exports of `src/index.ts`. */
export interface WorkerModule {
  default: Required<Pick<ExportedHandler<Env>, "fetch" | "queue" | "scheduled">>;
}

/** What a deployment binds, as wrangler reads it from its configuration. */
export interface Bindings {
  vars: Record<string, unknown>;
  d1_databases: { binding: string; migrations_dir?: string }[];
  kv_namespaces: { binding: string }[];
  r2_buckets: { binding: string }[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  observability?: { logs?: { invocation_logs?: boolean } };
  queues: { producers?: { binding: string; queue: string }[]; consumers?: (Consumer & { queue: string })[] };
}

/** What a {@link Deployment} is made of. */
export interface DeploymentPlan {
  clock: WorldClock;
  random: Random;
  meter: Meter;
  worker: WorkerModule;
  bindings: Bindings;
  secrets: Record<string, string>;
  places: number;
  isolates: number;
  /** CPU that an invocation of the Worker is assumed to use, ms. */
  cpuMs: number;
  /** The answers of providers and webhooks. */
  fetch: typeof fetch;
}

/** One isolate of a place, with memory of its own: services are built for each `env`. */
interface Isolate {
  life: Life;
  env: Env;
  place: number;
}

/** What the platform's own log of an invocation is assumed to weigh, bytes. */
export const LOG_BYTES = 1_000;

/** How often the cron trigger runs, ms, as in wrangler.toml. */
const CRON_MS = 60_000;

/**
 * The Worker in many isolates of many places over counted bindings. They are made from
 * wrangler.toml, so that a new database, class of objects, queue or bucket is counted without
 * further code.
 */
export class Deployment {
  readonly #plan: DeploymentPlan;
  readonly #isolates: Isolate[] = [];
  readonly #caches: PlaceCache[];
  readonly #databases: MeteredD1[] = [];
  readonly #spaces: ObjectNamespace[] = [];
  readonly #buckets: MeteredBucket[] = [];
  readonly #placeOf = new WeakMap<Life, number>();
  readonly #activities: ObjectGround["activities"] = new WeakMap<Life, Activity>();
  readonly #bindings: Record<string, unknown>;

  constructor(plan: DeploymentPlan) {
    const { clock, meter, places, isolates } = plan;
    this.#plan = plan;
    this.#caches = Array.from({ length: places }, () => new PlaceCache(clock, meter));
    this.#bindings = this.#bind();
    for (let place = 0; place < places; place++) {
      for (let index = 0; index < isolates; index++) this.#isolates.push(this.#newIsolate(place, index));
    }
  }

  /**
   * Puts the deployment's clock, cache and network in the place of the globals. Returns a function
   * that undoes it.
   */
  install(): () => void {
    const { clock, random, fetch: answer } = this.#plan;
    const { fetch } = globalThis;
    const known = Object.getOwnPropertyDescriptor(globalThis, "caches");
    const undo = [clock.install(), installAtOnceCrypto(random), watchTimers(() => this.#activityNow())];
    const open = () => this.#caches[this.#placeOf.get(clock.life() as Life) ?? 0];
    Object.defineProperty(globalThis, "caches", {
      configurable: true,
      value: Object.defineProperty({}, "default", { get: open }),
    });
    globalThis.fetch = answer;
    return () => {
      globalThis.fetch = fetch;
      if (known) Object.defineProperty(globalThis, "caches", known);
      else Reflect.deleteProperty(globalThis, "caches");
      for (const one of undo.toReversed()) one();
    };
  }

  /** Sends a request to an isolate of a place, any by default, and reads its answer to the end. */
  async request(place: number, request: Request, isolate?: number): Promise<{ status: number; text: string }> {
    const { worker, random, isolates } = this.#plan;
    const index = place * isolates + (isolate ?? Math.floor(random.between(0, isolates)));
    return this.#invoke(this.#isolates[index], "requests", async (env) => {
      const response = await worker.default.fetch(request as never, env, this.#context());
      return { status: response.status, text: await response.text() };
    });
  }

  /** Runs the cron triggers every minute from now on. */
  startCron(): void {
    const { clock, worker } = this.#plan;
    clock.in(undefined, CRON_MS, () => {
      for (const cron of CRONS_OF_A_MINUTE) {
        const controller = { scheduledTime: clock.now(), cron, noRetry: () => undefined };
        void this.#invoke(this.#isolates[0], "cron", async (env) =>
          worker.default.scheduled(controller, env, this.#context()),
        );
      }
      this.startCron();
    });
  }

  /** Bytes on disk now, by what keeps them. */
  stored(): Record<"d1" | "object" | "r2", number> {
    const sum = (all: readonly { bytes: number }[]) => all.reduce((total, { bytes }) => total + bytes, 0);
    return { d1: sum(this.#databases), object: sum(this.#spaces), r2: sum(this.#buckets) };
  }

  async #invoke<T>(isolate: Isolate | undefined, what: string, run: (env: Env) => Promise<T>): Promise<T> {
    if (!isolate) throw new Error("there is no such isolate");
    const { clock, meter, cpuMs, bindings } = this.#plan;
    meter.add("worker requests", what);
    meter.add("worker cpu ms", what, cpuMs);
    if (bindings.observability?.logs?.invocation_logs !== false) meter.add("log bytes", what, LOG_BYTES);
    return clock.within(isolate.life, async () => run(isolate.env));
  }

  #context(): ExecutionContext {
    const waitUntil = (work: Promise<unknown>) => void work.catch(() => undefined);
    return { waitUntil, passThroughOnException: () => undefined, props: {} } as unknown as ExecutionContext;
  }

  #activityNow(): Activity | undefined {
    const life = this.#plan.clock.life();
    return life && this.#activities.get(life);
  }

  #newIsolate(place: number, index: number): Isolate {
    const life = new Life(`place${place}-${index}`);
    this.#placeOf.set(life, place);
    return { life, place, env: { ...this.#bindings } as unknown as Env };
  }

  #bind(): Record<string, unknown> {
    const { clock, meter, worker, bindings, secrets } = this.#plan;
    const bound: Record<string, unknown> = { ...bindings.vars, ...secrets };
    for (const { binding, migrations_dir: migrations = "migrations" } of bindings.d1_databases) {
      const database = new MeteredD1({ clock, meter, name: binding, migrations });
      this.#databases.push(database);
      bound[binding] = database;
    }
    for (const { binding } of bindings.kv_namespaces) bound[binding] = new MeteredKv(clock, meter);
    for (const { binding } of bindings.r2_buckets) {
      const bucket = new MeteredBucket(meter);
      this.#buckets.push(bucket);
      bound[binding] = bucket;
    }
    const ground: ObjectGround = { clock, meter, activities: this.#activities, env: () => bound as unknown as Env };
    const pool = new Map();
    for (const { name, class_name } of bindings.durable_objects.bindings) {
      const objectClass = (worker as unknown as Record<string, ObjectClass>)[class_name];
      if (!objectClass) throw new Error(`the Worker exports no class ${class_name}`);
      const space = new ObjectNamespace(ground, class_name, objectClass, pool);
      this.#spaces.push(space);
      bound[name] = space;
    }
    return { ...bound, ...this.#bindQueues(bound) };
  }

  #bindQueues(bound: Record<string, unknown>): Record<string, unknown> {
    const { clock, meter, worker, bindings, random } = this.#plan;
    const { producers = [], consumers = [] } = bindings.queues;
    for (const { binding, queue: name } of producers) {
      const consumer = consumers.find(({ queue }) => queue === name) ?? {};
      const consume = async (batch: MessageBatch) => {
        const isolate = this.#isolates[Math.floor(random.between(0, this.#isolates.length))];
        await this.#invoke(isolate, "queue consumers", async (env) =>
          worker.default.queue(batch, env, this.#context()),
        );
      };
      bound[binding] = new MeteredQueue({ clock, meter, name, consumer, consume });
    }
    return bound;
  }
}
