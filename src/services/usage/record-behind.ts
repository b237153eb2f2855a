import type { Execution } from "../../domain/executions/execution.ts";
import type { Clock } from "../../lib/clock.ts";
import { MAX_WRITE } from "./write-records.ts";

/** What {@link RecordBehind} needs. Times in ms. */
export interface RecordBehindDeps extends Clock {
  /**
   * Writes records for good. Throws where some may be unwritten; writing them again does no harm.
   */
  write(executions: readonly Execution[]): Promise<void>;
  /** A `write` that takes longer has ended with the request that made it. */
  writeMs: number;
  /** Continues work behind the response. */
  defer(work: Promise<unknown>): void;
  sleep(ms: number): Promise<void>;
  onLost(execution: Execution): void;
}

/** A record until it is written. `takenAt` is when a request began to write it. */
interface WaitingRecord {
  execution: Execution;
  takenAt: number | null;
  isWritten: boolean;
}

/** How long an execution waits for others to share its write, ms. */
const GATHER_MS = 10;
/** How often a request looks after a record that another request writes: first, and at most, ms. */
const LOOK_MS = { first: 20, most: 1_000 };
/** A request looks this often; the platform ends it after about 30 s. */
const MAX_LOOKS = 40;
/** The most records that wait in an isolate while neither shares nor the queue take any. */
const MAX_WAITING = 2_000;

/**
 * Records executions behind the response, many in one write. Each request looks after its own
 * record until that is written: it may write those of others along, but where the request that
 * took its record is cut off, it takes the record back. What no request could write stays for the
 * next one. Requests share no promise, because one of them may end at any moment.
 */
export class RecordBehind {
  readonly #deps: RecordBehindDeps;
  readonly #waiting = new Set<WaitingRecord>();

  constructor(deps: RecordBehindDeps) {
    this.#deps = deps;
  }

  add(execution: Execution): void {
    const record: WaitingRecord = { execution, takenAt: null, isWritten: false };
    this.#waiting.add(record);
    this.#dropBeyondRoom();
    this.#deps.defer(this.#lookAfter(record));
  }

  async #lookAfter(record: WaitingRecord): Promise<void> {
    await this.#deps.sleep(GATHER_MS);
    for (let look = 0; !record.isWritten && look < MAX_LOOKS; look++) {
      if (this.#isFree(record)) await this.#writeWith(record);
      if (!record.isWritten) await this.#deps.sleep(Math.min(LOOK_MS.most, LOOK_MS.first * 2 ** look));
    }
  }

  /** Writes a record together with others that nobody writes now. */
  async #writeWith(own: WaitingRecord): Promise<void> {
    const others = [...this.#waiting].filter((record) => record !== own && this.#isFree(record));
    const taken = [own, ...others.slice(0, MAX_WRITE - 1)];
    const now = this.#deps.now();
    for (const record of taken) record.takenAt = now;
    try {
      await this.#deps.write(taken.map(({ execution }) => execution));
    } catch {
      for (const record of taken) record.takenAt = null;
      return;
    }
    for (const record of taken) {
      record.isWritten = true;
      this.#waiting.delete(record);
    }
  }

  #isFree({ takenAt }: WaitingRecord): boolean {
    return takenAt === null || this.#deps.now() - takenAt > this.#deps.writeMs;
  }

  #dropBeyondRoom(): void {
    for (const record of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) return;
      this.#waiting.delete(record);
      this.#deps.onLost(record.execution);
    }
  }
}
