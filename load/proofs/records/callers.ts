import { setTimeout as sleep } from "node:timers/promises";
import { BatchClient } from "../../harness/batch-client.ts";
import { DIRECT, type Form, type FormContext, type Learned } from "./forms.ts";

/** The number of callers; each sends its next request when the last one is answered. */
export const CALLERS = 16;
/** How long a caller waits after a request that failed, ms. */
const PAUSE_MS = 50;

/** How many callers there are, and what they do. */
export interface CallersOptions {
  callers?: number;
  forms?: readonly Form[];
  /** Resolves while the server is up; at once when absent. */
  untilUp?: () => Promise<unknown>;
}

/** Callers that mix forms of requests. */
export class Callers {
  /** The ids of executions whose whole answer a client has, with their form. */
  readonly answered = new Map<string, string>();
  /** The ids of executions of which a client has heard, answered or not, with their form. */
  readonly heard = new Map<string, string>();
  /** Requests that broke off or were refused, by their error. */
  readonly failed = new Map<string, number>();
  readonly #context: FormContext;
  readonly #round: readonly Form[];
  readonly #running: Promise<void>[];
  readonly #followed: Promise<void>[] = [];
  #isStopped = false;

  /**
   * Starts them. `url` is called for each request, because a restarted server has a new address;
   * `untilUp` before it.
   */
  constructor(
    url: () => string,
    key: string,
    { callers = CALLERS, forms = DIRECT, untilUp = async () => Promise.resolve() }: CallersOptions = {},
  ) {
    const client = new BatchClient(url, key);
    this.#context = { endpoint: () => ({ url: url(), key }), client, untilUp, isStopped: () => this.#isStopped };
    this.#round = forms.flatMap((form) => Array.from({ length: form.share }, () => form));
    this.#running = Array.from({ length: callers }, async (_, caller) => this.#run(caller));
  }

  /** Lets requests under way, and what was accepted, end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
    await Promise.all(this.#followed);
  }

  async #run(caller: number): Promise<void> {
    for (let n = caller; !this.#isStopped; n++) {
      const form = this.#round[n % this.#round.length];
      if (!form) return;
      await this.#context.untilUp();
      const { learned, rest } = await form.send(this.#context);
      this.#learn(form, learned);
      if (rest) this.#followed.push(rest.then((later) => this.#learn(form, later)));
      if (learned.failure !== null) await sleep(PAUSE_MS);
    }
  }

  #learn({ name }: Form, { answered, heard, failure }: Learned): void {
    for (const id of answered) this.answered.set(id, name);
    for (const id of heard) this.heard.set(id, name);
    if (failure !== null) this.failed.set(failure, (this.failed.get(failure) ?? 0) + 1);
  }
}
