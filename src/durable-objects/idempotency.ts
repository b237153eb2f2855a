import { DurableObject } from "cloudflare:workers";
import {
  claim,
  handBack,
  type IdempotencyReply,
  type IdempotencyClaim,
  type IdempotencyState,
  isHeldBy,
  isSettledBy,
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
    const state = await this.#state();
    const { verdict, next } = claim(state, wanted, Date.now());
    const isNewLife = next?.expires_at !== state?.expires_at;
    // An earlier use of the key may have left its result.
    if (next && isNewLife) await this.ctx.storage.deleteAll();
    if (next) await this.ctx.storage.put("state", next);
    if (next && isNewLife) await this.ctx.storage.setAlarm(next.expires_at);
    return verdict.kind === "replay" ? { kind: "replay", result: await this.#result() } : verdict;
  }

  /**
   * Stores the result of the holder of `token`; true as well if this holder stored it before. False
   * if the holder has lost the key. `executionId` is absent in calls of older versions.
   */
  async settle(token: number, status: "done" | "failed", result: string, executionId?: string): Promise<boolean> {
    const state = await this.#state();
    const holder = { token, execution_id: executionId };
    if (executionId !== undefined && isSettledBy(state, holder)) return true;
    const next = settle(state, holder, status);
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
  async release(token: number, executionId?: string): Promise<void> {
    if (!isHeldBy(await this.#state(), { token, execution_id: executionId })) return;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** Ends the holder's lease and keeps the key in progress: the next claim resolves it. */
  async handBack(token: number, executionId: string): Promise<void> {
    const next = handBack(await this.#state(), { token, execution_id: executionId }, Date.now());
    if (next) await this.ctx.storage.put("state", next);
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
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
