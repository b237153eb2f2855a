import type { Execution } from "../../domain/executions/execution.ts";
import type { RecordedTimeline } from "../../domain/executions/timeline.ts";
import type { Clock } from "../../lib/clock.ts";
import type { WaitingRecord, WaitingRecords } from "./waiting-records.ts";

/** What {@link RecordBehind} needs. */
export interface RecordBehindDeps extends Clock {
  waiting: WaitingRecords;
  /**
   * Writes records for good. Throws where some may be unwritten; writing them again does no harm.
   */
  write(executions: readonly Execution[]): Promise<void>;
  /** Continues work behind the response. */
  defer(work: Promise<unknown>): void;
  sleep(ms: number): Promise<void>;
}

/**
 * Where executions are many, others have written a record after this time, ms, and its request can
 * end and leave the memory.
 */
const EARLY_LOOK_MS = 100;
/** How often a request looks after a record that another request writes: first, and at most, ms. */
const LOOK_MS = { first: 20, most: 1_000 };
/** A request looks this often; the platform ends it after about 30 s. */
const MAX_LOOKS = 40;

/**
 * Records executions behind the response, many in one write, unless a call with intents has taken
 * them along before. Each request looks after its own record until that is written: it may write
 * those of others along, but where the request that took its record is cut off, it takes the record
 * back. What no request could write stays for the next one. Requests share no promise, because one
 * of them may end at any moment.
 */
export class RecordBehind {
  readonly #deps: RecordBehindDeps;

  constructor(deps: RecordBehindDeps) {
    this.#deps = deps;
  }

  add(execution: Execution, timeline?: () => RecordedTimeline): void {
    this.#deps.defer(this.#lookAfter(this.#deps.waiting.add(execution, timeline)));
  }

  /** Writes what waits of a tenant, as far as no other request does. Never throws. */
  async flush(tenantId: string): Promise<void> {
    const taken = this.#deps.waiting.takeAll(tenantId);
    if (taken.length > 0) await this.#write(taken);
  }

  async #lookAfter(record: WaitingRecord): Promise<void> {
    const { waiting } = this.#deps;
    await this.#sleepUntil(Math.min(record.dueAt, this.#deps.now() + EARLY_LOOK_MS));
    if (!record.isWritten) await this.#sleepUntil(record.dueAt);
    for (let look = 0; !record.isWritten && look < MAX_LOOKS; look++) {
      if (waiting.isFree(record)) await this.#write(waiting.takeWith(record));
      if (!record.isWritten) await this.#deps.sleep(Math.min(LOOK_MS.most, LOOK_MS.first * 2 ** look));
    }
  }

  async #sleepUntil(time: number): Promise<void> {
    const ms = time - this.#deps.now();
    if (ms > 0) await this.#deps.sleep(ms);
  }

  async #write(taken: readonly WaitingRecord[]): Promise<void> {
    const areWritten = await this.#deps.write(taken.map(({ execution }) => execution)).then(
      () => true,
      () => false,
    );
    this.#deps.waiting.settle(taken, areWritten);
  }
}
