import type { WorldClock } from "../../proofs/world/world-clock.ts";
import type { Meter } from "../meter.ts";

/** How long a message takes to its consumer at least, ms. */
const WAY_MS = 50;
/** Bytes of a billed operation, and those that a message has beside its body. */
const OPERATION_BYTES = 64_000;
const MESSAGE_BYTES = 100;

/** How a queue is consumed, as in wrangler.toml. */
export interface Consumer {
  max_batch_size?: number;
  max_batch_timeout?: number;
  max_concurrency?: number | null;
  retry_delay?: number;
}

/** A message on its way. */
interface Letter {
  id: string;
  body: unknown;
  operations: number;
  attempts: number;
}

/** What {@link MeteredQueue} works with. */
export interface QueueDeps {
  clock: WorldClock;
  meter: Meter;
  name: string;
  consumer: Consumer;
  /** Runs the Worker's consumer in some isolate. */
  consume: (batch: MessageBatch) => Promise<void>;
}

/** A queue and its consumer. Each message is billed for its writing, each reading and its end. */
export class MeteredQueue {
  readonly #deps: QueueDeps;
  #ready: Letter[] = [];
  #running = 0;
  #ids = 0;
  #isGathering = false;

  constructor(deps: QueueDeps) {
    this.#deps = deps;
  }

  async send(body: unknown, { delaySeconds = 0 }: { delaySeconds?: number } = {}): Promise<void> {
    await this.sendBatch([{ body, delaySeconds }]);
  }

  async sendBatch(messages: Iterable<{ body: unknown; delaySeconds?: number }>): Promise<void> {
    const { clock } = this.#deps;
    const letters = [...messages].map(({ body, delaySeconds = 0 }) => {
      const operations = Math.ceil((JSON.stringify(body).length + MESSAGE_BYTES) / OPERATION_BYTES);
      this.#bill("written", operations);
      return {
        delaySeconds,
        letter: { id: `m${(this.#ids += 1)}`, body: structuredClone(body), operations, attempts: 1 },
      };
    });
    await clock.sleep(WAY_MS / 2);
    for (const { letter, delaySeconds } of letters) this.#deliverIn(delaySeconds, letter);
  }

  #bill(what: string, operations: number): void {
    this.#deps.meter.add("queue operations", `${this.#deps.name} ${what}`, operations);
  }

  #deliverIn(seconds: number, letter: Letter): void {
    this.#deps.clock.in(undefined, WAY_MS / 2 + seconds * 1_000, () => {
      this.#ready.push(letter);
      this.#gather();
    });
  }

  /** Starts a consumer when a batch is full or its time is up. */
  #gather(): void {
    const { clock, consumer } = this.#deps;
    const { max_batch_size: size = 10, max_batch_timeout: seconds = 5, max_concurrency: most } = consumer;
    if (this.#ready.length === 0 || this.#running >= (most ?? 250)) return;
    if (this.#ready.length >= size) return this.#invoke(this.#ready.splice(0, size));
    if (this.#isGathering) return;
    this.#isGathering = true;
    clock.in(undefined, seconds * 1_000, () => {
      this.#isGathering = false;
      if (this.#ready.length > 0 && this.#running < (most ?? 250)) this.#invoke(this.#ready.splice(0, size));
      this.#gather();
    });
  }

  #invoke(letters: readonly Letter[]): void {
    const { name, consume, consumer } = this.#deps;
    const again = new Map<Letter, number>();
    const retry = (letter: Letter, delaySeconds?: number) =>
      again.set(letter, delaySeconds ?? consumer.retry_delay ?? 0);
    const messages = letters.map((letter) => ({
      id: letter.id,
      body: structuredClone(letter.body),
      attempts: letter.attempts,
      ack: () => undefined,
      retry: ({ delaySeconds }: { delaySeconds?: number } = {}) => void retry(letter, delaySeconds),
    }));
    const batch = { queue: name, messages } as unknown as MessageBatch;
    for (const { operations } of letters) this.#bill("read", operations);
    this.#running += 1;
    const settle = () => {
      this.#running -= 1;
      for (const letter of letters) {
        const seconds = again.get(letter);
        if (seconds === undefined) this.#bill("deleted", letter.operations);
        else this.#deliverIn(seconds, { ...letter, attempts: letter.attempts + 1 });
      }
      this.#gather();
    };
    void consume(batch)
      .catch(() => letters.forEach((letter) => retry(letter)))
      .finally(settle);
    this.#gather();
  }
}
