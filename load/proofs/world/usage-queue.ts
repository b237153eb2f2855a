import type { UsageMessage } from "../../../src/domain/executions/usage-message.ts";
import { deliverAgainIn, deliverUsage, type DeliverUsageDeps } from "../../../src/services/usage/deliver-usage.ts";
import { type Ground, never } from "./network.ts";

/** How the usage queue delivers, as in wrangler.toml. */
const QUEUE = { batch: 20, gather_ms: 1_000, deliveries: 100 };
/** The usual delay of a message, and the longest where the queue is in trouble, in ms. */
const DELAY_MS = { usual: 500, longest: 60_000 };

/** The share of messages that a queue in trouble refuses. */
const REFUSED_SHARE = 0.05;

/** A message on its way. */
interface Letter {
  body: UsageMessage;
  attempts: number;
}

/** The usage queue with the Worker's own consumer. */
export class UsageQueue {
  readonly #ground: Ground;
  readonly #deps: DeliverUsageDeps;
  #ready: Letter[] = [];

  constructor(ground: Ground, executions: DeliverUsageDeps["executions"]) {
    this.#ground = ground;
    this.#deps = { executions, intentsOf: noIntentsOf };
  }

  async send(message: UsageMessage, { delaySeconds = 0 }: { delaySeconds?: number } = {}): Promise<void> {
    const { clock, random, faults } = this.#ground;
    if (clock.life()?.isOver) return never<void>();
    const body = structuredClone(message);
    await clock.sleep(random.between(5, 30));
    const isTroubled = faults.has("queue");
    if (isTroubled && random.chance(REFUSED_SHARE)) throw new Error("the queue refused a message");
    const delay = () => delaySeconds * 1_000 + (isTroubled ? random.between(10, DELAY_MS.longest) : DELAY_MS.usual);
    this.#deliverIn(delay(), { body, attempts: 1 });
    if (isTroubled && random.chance(0.1)) this.#deliverIn(delay(), { body, attempts: 1 });
  }

  #deliverIn(ms: number, letter: Letter): void {
    const { clock } = this.#ground;
    clock.in(undefined, ms, () => {
      this.#ready.push(letter);
      if (this.#ready.length === 1) clock.in(undefined, QUEUE.gather_ms, () => void this.#consume());
    });
  }

  /** One invocation of the consumer for each batch of what is ready. */
  async #consume(): Promise<void> {
    const ready = this.#ready;
    this.#ready = [];
    for (let at = 0; at < ready.length; at += QUEUE.batch) await this.#deliver(ready.slice(at, at + QUEUE.batch));
  }

  async #deliver(letters: readonly Letter[]): Promise<void> {
    const { history, random } = this.#ground;
    const deliveries = await deliverUsage(
      this.#deps,
      letters.map(({ body }) => structuredClone(body)),
    );
    for (const [index, { body, attempts }] of letters.entries()) {
      if (!deliveries[index]) continue;
      if (attempts === QUEUE.deliveries) history.add("a message was delivered too often");
      else this.#deliverIn(deliverAgainIn(attempts, random.unit()) * 1_000, { body, attempts: attempts + 1 });
    }
  }
}

/** Objects of intents of older versions, which a world does not have. */
function noIntentsOf() {
  return { forget: async () => Promise.reject(new Error("there are no older versions here")) };
}
