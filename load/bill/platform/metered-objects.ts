import type { WorldClock } from "../../proofs/world/world-clock.ts";
import { Life } from "../../proofs/world/life.ts";
import type { Meter } from "../meter.ts";
import { Activity } from "./activity.ts";
import { type DatabasePool, emptyDisk, ObjectStorage } from "./object-storage.ts";

/** How long a message to an object takes, one way, ms: the object is near its tenant. */
const WAY_MS = 3;
/** How long an object is assumed to work on a request until its writes are confirmed, ms. */
const WORK_MS = 5;
/** An idle object leaves its memory after this time, ms (durable-object-lifecycle). */
const HIBERNATES_MS = 10_000;
/** The memory that an active object is billed for, in GB. */
const BILLED_GB = 128 / 1_000;

/** A class of objects as the Worker exports it. */
export type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/** What all objects share. */
export interface ObjectGround {
  clock: WorldClock;
  meter: Meter;
  /** The bindings that objects see. */
  env: () => Env;
  /** Which activity the life of an object counts for. */
  activities: WeakMap<Life, Activity>;
}

/** The stay of an object in memory. */
interface Stay {
  life: Life;
  storage: ObjectStorage;
  instance: Record<string, (...args: unknown[]) => unknown>;
  ready: Promise<unknown>;
  activity: Activity;
}

/** One object: its disk, and its stay in memory while something needs it. */
class MeteredObject {
  readonly disk = emptyDisk();
  readonly #space: ObjectNamespace;
  readonly #name: string;
  #stay: Stay | undefined;
  #stays = 0;
  #idleSince = 0;

  constructor(space: ObjectNamespace, name: string) {
    this.#space = space;
    this.#name = name;
  }

  get bytes(): number {
    return this.#stay?.storage.bytes ?? this.disk.bytes;
  }

  async call(method: string, args: unknown[]): Promise<unknown> {
    const { clock, meter } = this.#space.ground;
    meter.add("object requests", this.#space.className);
    const sent = copy(args) as unknown[];
    await clock.sleep(WAY_MS);
    const result = await this.#run(async ({ instance }) => instance[method]?.(...sent));
    await clock.sleep(WAY_MS);
    return copy(result);
  }

  async #run<T>(work: (stay: Stay) => Promise<T>): Promise<T> {
    const stay = (this.#stay ??= this.#wake());
    const end = stay.activity.begin();
    try {
      const { clock } = this.#space.ground;
      return await clock.within(stay.life, async () => {
        await stay.ready;
        const result = await work(stay);
        await clock.sleep(WORK_MS);
        return result;
      });
    } finally {
      end();
    }
  }

  #wake(): Stay {
    const { ground, className, pool, objectClass } = this.#space;
    const { clock, meter } = ground;
    this.#stays += 1;
    const life = new Life(`${className} ${this.#name}#${this.#stays}`);
    const activity = new Activity(
      () => clock.elapsed(),
      (ms) => meter.add("object gb-s", className, (ms / 1_000) * BILLED_GB),
      () => this.#leaveLater(),
    );
    ground.activities.set(life, activity);
    const setAlarm = (at: number | null) => this.#setAlarm(at);
    const storage = new ObjectStorage({ className, disk: this.disk, meter, pool, setAlarm });
    let ready: Promise<unknown> = Promise.resolve();
    const ctx = {
      id: { name: this.#name, toString: () => this.#name },
      storage,
      waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined).finally(activity.begin()),
      blockConcurrencyWhile: async (work: () => Promise<unknown>) => (ready = work()),
    } as unknown as DurableObjectState;
    const instance = clock.within(life, () => new objectClass(ctx, ground.env())) as Stay["instance"];
    return { life, storage, instance, ready, activity };
  }

  #leaveLater(): void {
    const { clock } = this.#space.ground;
    const idleSince = (this.#idleSince = clock.elapsed());
    clock.in(undefined, HIBERNATES_MS, () => {
      const stay = this.#stay;
      if (!stay?.activity.isIdle || this.#idleSince !== idleSince) return;
      this.#stay = undefined;
      stay.storage.close();
      stay.life.end();
    });
  }

  #setAlarm(at: number | null): void {
    const { clock, meter } = this.#space.ground;
    this.disk.alarmAt = at;
    if (at === null) return;
    clock.in(undefined, Math.max(1, at - clock.now()), () => {
      if (this.disk.alarmAt !== at) return;
      this.disk.alarmAt = null;
      meter.add("object requests", `${this.#space.className} alarm`);
      void this.#run(async ({ instance }) => instance["alarm"]?.());
    });
  }
}

/** A namespace of objects of one class, as a binding. */
export class ObjectNamespace {
  readonly ground: ObjectGround;
  readonly className: string;
  readonly objectClass: ObjectClass;
  readonly pool: DatabasePool;
  readonly #objects = new Map<string, MeteredObject>();

  constructor(ground: ObjectGround, className: string, objectClass: ObjectClass, pool: DatabasePool) {
    this.ground = ground;
    this.className = className;
    this.objectClass = objectClass;
    this.pool = pool;
  }

  /** Bytes that the objects keep on disk. */
  get bytes(): number {
    return [...this.#objects.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  getByName(name: string): unknown {
    let object = this.#objects.get(name);
    if (!object) this.#objects.set(name, (object = new MeteredObject(this, name)));
    return stubOf(object);
  }

  idFromName(name: string): { name: string } {
    return { name };
  }

  get({ name }: { name: string }): unknown {
    return this.getByName(name);
  }
}

/** Every method call on a stub is a billed request. */
function stubOf(object: MeteredObject): unknown {
  return new Proxy(
    {},
    {
      get: (_target, method) => {
        if (typeof method !== "string" || method === "then") return undefined;
        return async (...args: unknown[]) => object.call(method, args);
      },
    },
  );
}

/** What arrives of a value on the other side. Streams go over as they are. */
function copy(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}
