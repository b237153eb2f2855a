import { createHash } from "node:crypto";
import { GROUP_SIZE, MAX_ITEMS } from "../../domain/batches/batch.ts";
import { AppError, invalid } from "../../domain/errors.ts";
import { parseJsonBody } from "../../domain/json-body.ts";
import { newId } from "../../domain/id.ts";
import { stableJson } from "../../lib/stable-json.ts";
import { utf8 } from "../../lib/encoding.ts";
import type { NewItem } from "../../storage/batches/batches.ts";

const CUSTOM_ID = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
/** Bytes of a digest that are kept to recognise an equal item: a collision takes 2^64 items. */
const DIGEST_BYTES = 16;

/**
 * Turns the items of an upload into rows: checks and numbers each, recognises copies of earlier
 * ones, and deals the originals into groups. Of each original it keeps a digest only, so 50,000
 * items take a few megabytes whatever their size.
 */
export class BatchUpload {
  readonly #now: number;
  readonly #maxItemBytes: number;
  /** Positions of the originals, by digest. */
  readonly #originals = new Map<string, number>();
  /** Positions of the items by `custom_id`, by digest. */
  readonly #customIds = new Map<string, number>();
  #items = 0;
  #bare: number | null = null;

  constructor(now: number, maxItemBytes: number) {
    this.#now = now;
    this.#maxItemBytes = maxItemBytes;
  }

  /** Number of items so far. */
  get items(): number {
    return this.#items;
  }

  /** The first item without `variables`; null while there is none. */
  get bare(): number | null {
    return this.#bare;
  }

  /** Number of groups so far. */
  get groups(): number {
    return Math.ceil(this.#originals.size / GROUP_SIZE);
  }

  /** The row of an item's JSON. Throws 422 naming `items.<n>`, and 413 beyond {@link MAX_ITEMS}. */
  add(json: string): NewItem {
    if (this.#items >= MAX_ITEMS) throw new AppError("payload_too_large", `A batch has at most ${MAX_ITEMS} items.`);
    const path = `items.${this.#items}`;
    const { custom_id, variables, isBare } = parseItem(json, path);
    const text = JSON.stringify(variables);
    const digest = digestOf(stableJson(variables));
    if (utf8(text).byteLength > this.#maxItemBytes) {
      throw invalid([{ path, message: `is larger than ${this.#maxItemBytes} bytes` }]);
    }
    const position = this.#items++;
    if (custom_id !== null) this.#noteCustomId(custom_id, position);
    if (isBare) this.#bare ??= position;
    const original = this.#originals.get(digest);
    if (original !== undefined) {
      return { position, custom_id, group: null, same_as: original, variables: null, execution_id: null };
    }
    const group = Math.floor(this.#originals.size / GROUP_SIZE);
    this.#originals.set(digest, position);
    return { position, custom_id, group, same_as: null, variables: text, execution_id: newId("exe", this.#now) };
  }

  #noteCustomId(customId: string, position: number): void {
    const digest = digestOf(customId);
    const earlier = this.#customIds.get(digest);
    if (earlier !== undefined) {
      throw invalid([{ path: `items.${position}.custom_id`, message: `is that of items.${earlier}, too` }]);
    }
    this.#customIds.set(digest, position);
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest().toString("latin1", 0, DIGEST_BYTES);
}

/** An item as it was sent. `isBare` where it has no `variables`. */
interface SentItem {
  custom_id: string | null;
  variables: Record<string, unknown>;
  isBare: boolean;
}

function parseItem(json: string, path: string): SentItem {
  const item = parseJsonBody(json, () => invalid([{ path, message: "is not JSON" }]), path);
  if (!isObject(item))
    throw invalid([{ path, message: "must be an object with `variables` and perhaps a `custom_id`" }]);
  const { custom_id = null, variables = {}, ...unknown } = item;
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw invalid([{ path: `${path}.${field}`, message: "is not a known field" }]);
  if (custom_id !== null && (typeof custom_id !== "string" || !CUSTOM_ID.test(custom_id))) {
    throw invalid([
      { path: `${path}.custom_id`, message: "must be a text of 1 to 256 characters, none of them control" },
    ]);
  }
  if (!isObject(variables)) throw invalid([{ path: `${path}.variables`, message: "must be an object" }]);
  return { custom_id, variables, isBare: item["variables"] === undefined };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
