import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ITEM_PROMPT } from "../../harness/batch-client.ts";
import { executePrompt, type ExecutionWatch } from "../../harness/execution.ts";

/** The number of callers; each sends its next request when the last one is answered. */
export const CALLERS = 16;
/** How long a caller waits after a request that failed, ms. */
const PAUSE_MS = 50;

/** Callers of mixed forms: whole answers, streams, and both under idempotency keys. */
export class Callers {
  /** The ids of executions whose whole answer a client has. */
  readonly answered = new Set<string>();
  /** The ids of executions of which a client has heard, answered or not. */
  readonly heard = new Set<string>();
  /** Requests that broke off or were refused, by their error. */
  readonly failed = new Map<string, number>();
  readonly #running: Promise<void>[];
  #isStopped = false;

  /**
   * Starts them. `url` is called for each request, because a restarted server has a new address.
   */
  constructor(url: () => string, key: string, callers = CALLERS) {
    this.#running = Array.from({ length: callers }, async (_, caller) => this.#run(url, key, caller));
  }

  /** Lets requests under way end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  async #run(url: () => string, key: string, caller: number): Promise<void> {
    for (let n = caller; !this.#isStopped; n++) {
      const item = randomUUID();
      const request = { prompt: ITEM_PROMPT.name, variables: { item }, stream: n % 2 === 1, cache: false };
      const watch: ExecutionWatch = n % 4 < 2 ? {} : { idempotencyKey: item };
      const { id, view, complete, error, status } = await executePrompt({ url: url(), key }, request, watch);
      const told = view?.id ?? id;
      if (told !== null) this.heard.add(told);
      if (told !== null && complete) this.answered.add(told);
      if (complete) continue;
      const reason = error ?? `status ${status}`;
      this.failed.set(reason, (this.failed.get(reason) ?? 0) + 1);
      await sleep(PAUSE_MS);
    }
  }
}
