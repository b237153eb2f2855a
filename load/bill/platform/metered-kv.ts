import type { WorldClock } from "../../proofs/world/world-clock.ts";
import type { Meter } from "../meter.ts";

/** How long a look-up takes, ms. */
const WAY_MS = 10;

/** A value with its end, Unix ms. */
interface Kept {
  value: string;
  until: number;
}

/**
 * A KV namespace. A write is visible everywhere at once, which spares some reads of the source that
 * the platform's delay of up to a minute would cost. Operations are billed by the record that the
 * key begins with.
 */
export class MeteredKv {
  readonly #clock: WorldClock;
  readonly #meter: Meter;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: WorldClock, meter: Meter) {
    this.#clock = clock;
    this.#meter = meter;
  }

  async get(key: string, how?: "text" | "json" | { type?: string }): Promise<unknown> {
    this.#meter.add("kv reads", recordOf(key));
    await this.#clock.sleep(WAY_MS);
    const kept = this.#kept.get(key);
    if (!kept || kept.until <= this.#clock.now()) return null;
    const type = typeof how === "object" ? how.type : how;
    return type === "json" ? (JSON.parse(kept.value) as unknown) : kept.value;
  }

  async put(key: string, value: string, { expirationTtl = Infinity }: { expirationTtl?: number } = {}): Promise<void> {
    this.#meter.add("kv writes", recordOf(key));
    await this.#clock.sleep(WAY_MS);
    this.#kept.set(key, { value, until: this.#clock.now() + expirationTtl * 1_000 });
  }

  async delete(key: string): Promise<void> {
    this.#meter.add("kv deletes", recordOf(key));
    await this.#clock.sleep(WAY_MS);
    this.#kept.delete(key);
  }
}

/** The Cache API of a place. It is free, and its operations are counted all the same. */
export class PlaceCache {
  readonly #clock: WorldClock;
  readonly #meter: Meter;
  readonly #kept = new Map<string, { body: string; headers: Headers; until: number }>();

  constructor(clock: WorldClock, meter: Meter) {
    this.#clock = clock;
    this.#meter = meter;
  }

  async match(url: string): Promise<Response | undefined> {
    this.#meter.add("cache operations", "match");
    const kept = this.#kept.get(url);
    if (!kept || kept.until <= this.#clock.now()) return undefined;
    return new Response(kept.body, { headers: kept.headers });
  }

  async put(url: string, response: Response): Promise<void> {
    this.#meter.add("cache operations", "put");
    const maxAge = /max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "")?.[1] ?? "0";
    const { headers } = response;
    this.#kept.set(url, { body: await response.text(), headers, until: this.#clock.now() + Number(maxAge) * 1_000 });
  }

  async delete(url: string): Promise<boolean> {
    this.#meter.add("cache operations", "delete");
    return this.#kept.delete(url);
  }
}

/** The kind of record of a key: what precedes its first slash. Answers begin with their tenant. */
function recordOf(key: string): string {
  return key.startsWith("ten_") ? "answer" : (key.split("/", 1)[0] ?? key);
}
