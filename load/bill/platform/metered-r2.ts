import type { Meter } from "../meter.ts";

/** A stored object. */
interface Kept {
  bytes: Uint8Array<ArrayBuffer>;
  range?: undefined;
}

/** An R2 bucket: writes and lists are class A, reads class B, and deletions are free. */
export class MeteredBucket {
  readonly #meter: Meter;
  readonly #kept = new Map<string, Kept>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  }

  async put(key: string, value: BodyInit | null): Promise<{ key: string; size: number }> {
    const bytes = new Uint8Array(await new Response(value).arrayBuffer());
    this.#meter.add("r2 class a", "put");
    this.#kept.set(key, { bytes });
    return { key, size: bytes.byteLength };
  }

  async get(key: string) {
    this.#meter.add("r2 class b", "get");
    const kept = this.#kept.get(key);
    if (!kept) return null;
    const { bytes } = kept;
    const whole = () => new Response(bytes);
    return {
      key,
      size: bytes.byteLength,
      body: whole().body,
      arrayBuffer: async () => whole().arrayBuffer(),
      text: async () => whole().text(),
      json: async () => whole().json(),
    };
  }

  async head(key: string): Promise<{ key: string; size: number } | null> {
    this.#meter.add("r2 class b", "head");
    const kept = this.#kept.get(key);
    return kept ? { key, size: kept.bytes.byteLength } : null;
  }

  async list({ prefix = "" }: { prefix?: string } = {}) {
    this.#meter.add("r2 class a", "list");
    const keys = [...this.#kept.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    return { objects: keys.map((key) => ({ key })), truncated: false };
  }

  async delete(keys: string | string[]): Promise<void> {
    for (const key of [keys].flat()) this.#kept.delete(key);
  }
}
