import type { IncomingHttpHeaders } from "node:http";

import { unitAt } from "../harness/random.ts";
import type { BatchBehaviour } from "./profile.ts";
import type { Wire, WireFailure } from "./wire.ts";

/** One request of a batch, with the body of a completion request. */
export interface BatchItem {
  customId: string;
  body: unknown;
}

/** How an item ended. `body` is the body of a completion's answer. */
export type ItemOutcome =
  | { type: "succeeded"; body: object }
  | { type: "errored"; failure: WireFailure }
  | { type: "expired" }
  | { type: "canceled" };

/** An item that ended. */
export interface ItemResult {
  customId: string;
  outcome: ItemOutcome;
}

/** A provider batch. Times in milliseconds of the mock's clock. */
export interface MockBatch {
  id: string;
  wire: Wire;
  /** The wire format of the items, where it is not the batch's own. */
  itemWire?: Wire;
  /** Only this API key sees it. */
  key: string;
  /** The headers of the call that created it. They decide how its items are read. */
  headers: IncomingHttpHeaders;
  items: BatchItem[];
  behaviour: BatchBehaviour;
  createdAt: number;
  canceledAt: number | null;
  /** Only for OpenAI. */
  inputFileId: string;
  /** Only for OpenAI: the path that the requests are for. */
  endpoint?: string;
  metadata: Record<string, string> | null;
  /** The error of the whole batch. OpenAI validates batches after their creation. */
  fault: { code: string; message: string; line: number | null } | null;
  /** Computed once, after the batch has ended. */
  results: ItemResult[] | null;
}

/** A file of OpenAI's files API. */
export interface MockFile {
  id: string;
  key: string;
  name: string;
  purpose: string;
  createdAt: number;
  bytes: Buffer;
}

/** The phase of a batch. */
export type BatchPhase = "in_progress" | "canceling" | "ended";

/** The batches and files of all keys. */
export class BatchStore {
  readonly #clock: () => number;
  readonly #seed: number;
  #batches: MockBatch[] = [];
  #files = new Map<string, MockFile>();

  /** `seed` decides which items fail and the order of shuffled results. */
  constructor(clock: () => number, seed: number) {
    this.#clock = clock;
    this.#seed = seed;
  }

  /** Deletes all batches and files. */
  reset(): void {
    this.#batches = [];
    this.#files = new Map();
  }

  /** Adds a file. */
  addFile(file: Omit<MockFile, "createdAt">): MockFile {
    const kept = { ...file, createdAt: this.#clock() };
    this.#files.set(file.id, kept);
    return kept;
  }

  /** A file of this API key. */
  file(key: string, id: string): MockFile | undefined {
    const file = this.#files.get(id);
    return file?.key === key ? file : undefined;
  }

  /** Adds a batch, which starts now. */
  add(batch: Omit<MockBatch, "createdAt" | "canceledAt" | "results">): MockBatch {
    const kept = { ...batch, createdAt: this.#clock(), canceledAt: null, results: null };
    this.#batches.push(kept);
    return kept;
  }

  /** A batch of this API key at this provider. */
  find(wire: Wire, key: string, id: string): MockBatch | undefined {
    return this.list(wire, key).find((batch) => batch.id === id);
  }

  /** The batches of all keys, oldest first. */
  all(): readonly MockBatch[] {
    return this.#batches;
  }

  /** All batches of this API key at this provider, newest first. */
  list(wire: Wire, key: string): MockBatch[] {
    return this.#batches.filter((batch) => batch.wire === wire && batch.key === key).toReversed();
  }

  /** Cancels a batch that has not ended. */
  cancel(batch: MockBatch): void {
    if (this.phaseOf(batch) === "in_progress") batch.canceledAt = this.#clock();
  }

  /** The phase of a batch now. A cancelled batch has ended. */
  phaseOf(batch: MockBatch): BatchPhase {
    const over = batch.canceledAt !== null || batch.fault !== null;
    return over || this.#clock() >= this.endOf(batch) ? "ended" : "in_progress";
  }

  /** The end of the batch, in the future or in the past. */
  endOf(batch: MockBatch): number {
    return batch.canceledAt ?? batch.createdAt + (batch.behaviour.delay_ms ?? 0);
  }

  /**
   * The results of an ended batch in the order in which the API returns them. Calls `answer` once
   * for every item that the batch reached.
   */
  resultsOf(batch: MockBatch, answer: (item: BatchItem, index: number) => ItemOutcome): ItemResult[] {
    batch.results ??= this.#work(batch, answer);
    return batch.results;
  }

  #work(batch: MockBatch, answer: (item: BatchItem, index: number) => ItemOutcome): ItemResult[] {
    if (batch.fault !== null) return [];
    const { delay_ms: delay = 0, expired = 0, errored = 0, shuffle = false } = batch.behaviour;
    const share = batch.canceledAt === null || delay === 0 ? 1 : (batch.canceledAt - batch.createdAt) / delay;
    const reached = Math.floor(batch.items.length * Math.min(1, share));
    const results = batch.items.map((item, index): ItemResult => {
      const { customId } = item;
      if (index >= reached) return { customId, outcome: { type: "canceled" } };
      const dice = unitAt(this.#seed, index + 1);
      if (dice < expired) return { customId, outcome: { type: "expired" } };
      if (dice < expired + errored) return { customId, outcome: { type: "errored", failure: { status: 500 } } };
      return { customId, outcome: answer(item, index) };
    });
    if (!shuffle) return results;
    const places = results.map((result, index) => ({ result, place: unitAt(this.#seed + 1, index) }));
    return places.toSorted((a, b) => a.place - b.place).map(({ result }) => result);
  }
}
