import { DurableObject } from "cloudflare:workers";
import {
  claim,
  type IdempotencyReply,
  type IdempotencyClaim,
  type IdempotencyState,
  isHeldBy,
  settle,
} from "../domain/executions/idempotency.ts";

/** Maximum length of a stored part, in characters. At two bytes each it fits a value of 2 MB. */
const PART = 500_000;

/**
 * The state and result of an idempotency key of a tenant. Stored for a day, so an eviction loses
 * nothing.
 */
export class Idempotency extends DurableObject<Env> {
  /** Decides on a claim. */
  async claim(wanted: IdempotencyClaim): Promise<IdempotencyReply> {
    const { verdict, next } = claim(await this.#state(), wanted, Date.now());
    if (next) {
      // An earlier use of the key may have left its result.
      if (verdict.kind === "begin") await this.ctx.storage.deleteAll();
      await this.ctx.storage.put("state", next);
      await this.ctx.storage.setAlarm(next.expires_at);
    }
    return verdict.kind === "replay" ? { kind: "replay", result: await this.#result() } : verdict;
  }

  /** Stores the result of the holder of `token`. False if the holder has lost the key. */
  async settle(token: number, status: "done" | "failed", result: string): Promise<boolean> {
    const next = settle(await this.#state(), token, status);
    if (!next) return false;
    const parts: Record<string, string> = {};
    for (let at = 0; at < result.length; at += PART) parts[partKey(at / PART)] = result.slice(at, at + PART);
    await this.ctx.storage.transaction(async (storage) => {
      for (const [key, part] of Object.entries(parts)) await storage.put(key, part);
      await storage.put("state", next);
    });
    return true;
  }

  /** Releases the key, because its holder did nothing. */
  async release(token: number): Promise<void> {
    if (!isHeldBy(await this.#state(), token)) return;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  async #state(): Promise<IdempotencyState | undefined> {
    return this.ctx.storage.get<IdempotencyState>("state");
  }

  async #result(): Promise<string> {
    const parts = await this.ctx.storage.list<string>({ prefix: "part/" });
    return [...parts.values()].join("");
  }
}

/** The storage key of a part. Its alphabetical order is the order of the parts. */
function partKey(index: number): string {
  return `part/${String(index).padStart(6, "0")}`;
}
