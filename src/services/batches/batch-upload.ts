import { createHash } from "node:crypto";
import { GROUP_SIZE, MAX_ITEMS } from "../../domain/batches/batch.ts";
import { AppError, invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { stableJson } from "../../lib/stable-json.ts";
import { utf8 } from "../../lib/encoding.ts";
import type { NewItem } from "../../storage/batches/batches.ts";

/** Turns the items of an upload into rows: checks each, numbers them, finds those that an earlier one equals, and deals them into groups. */
export interface BatchUpload {
  /** The row of an item's JSON. Throws 422 that names it as `items.<n>`, 413 beyond the most items. */
  row(json: string): NewItem;
  /** How many groups and items there are so far. */
  size(): { groups: number; items: number };
}

const CUSTOM_ID = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
/** Bytes of a digest that are kept to know an item again: collisions need 2^64 items. */
const DIGEST_BYTES = 16;

/** An upload's rows. What it remembers of an item is a digest: 50,000 of them are a few megabytes, whatever the items hold. */
export function createBatchUpload(now: number, maxItemBytes: number): BatchUpload {
  const known = new Map<string, number>();
  let position = 0;
  let originals = 0;
  return {
    row(json) {
      if (position >= MAX_ITEMS) throw new AppError("payload_too_large", `A batch has at most ${MAX_ITEMS} items.`);
      const path = `items.${position}`;
      const { custom_id, variables } = parseItem(json, path);
      const { text, digest } = serialise(variables, path);
      if (utf8(text).byteLength > maxItemBytes)
        throw invalid([{ path, message: `is larger than ${maxItemBytes} bytes` }]);
      const same = known.get(digest);
      const at = { position: position++, custom_id };
      if (same !== undefined) return { ...at, group: null, same_as: same, variables: null, execution_id: null };
      known.set(digest, at.position);
      const group = Math.floor(originals++ / GROUP_SIZE);
      return { ...at, group, same_as: null, variables: text, execution_id: newId("exe", now) };
    },
    size: () => ({ groups: Math.ceil(originals / GROUP_SIZE), items: position }),
  };
}

function serialise(variables: Record<string, unknown>, path: string): { text: string; digest: string } {
  try {
    const digest = createHash("sha256").update(stableJson(variables)).digest();
    return { text: JSON.stringify(variables), digest: digest.toString("latin1", 0, DIGEST_BYTES) };
  } catch {
    throw invalid([{ path: `${path}.variables`, message: "are nested too deeply" }]);
  }
}

function parseItem(json: string, path: string): { custom_id: string | null; variables: Record<string, unknown> } {
  const item = parseJson(json, path);
  if (!isObject(item))
    throw invalid([{ path, message: "must be an object with `variables` and perhaps a `custom_id`" }]);
  const { custom_id = null, variables = {} } = item;
  if (custom_id !== null && (typeof custom_id !== "string" || !CUSTOM_ID.test(custom_id))) {
    throw invalid([
      { path: `${path}.custom_id`, message: "must be a text of 1 to 256 characters, none of them control" },
    ]);
  }
  if (!isObject(variables)) throw invalid([{ path: `${path}.variables`, message: "must be an object" }]);
  return { custom_id, variables };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid([{ path, message: "is not JSON" }]);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
