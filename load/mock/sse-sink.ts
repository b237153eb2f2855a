import type { ServerResponse } from "node:http";

import { nextTurn, writeAll, writeThrough } from "./pacing.ts";

/**
 * Collects what is written until it must leave. With `chunkBytes` the bytes leave in pieces of exactly that size, whatever they
 * split, each in its own turn of the event loop; the odd rest waits for more text or for the end.
 */
export class SseSink {
  readonly #response: ServerResponse;
  readonly #chunkBytes: number | undefined;
  #waiting = "";
  #rest: Buffer = Buffer.alloc(0);

  constructor(response: ServerResponse, chunkBytes: number | undefined) {
    this.#response = response;
    this.#chunkBytes = chunkBytes;
  }

  /** Takes text; sends what there is in whole chunks. */
  async write(text: string): Promise<void> {
    this.#waiting += text;
    if (this.#chunkBytes !== undefined) await this.#sendChunks(this.#chunkBytes);
  }

  /** Sends what waits. `everything` includes the rest that does not fill a chunk, and waits until it is on its way. */
  async flush(everything: boolean): Promise<void> {
    if (this.#response.destroyed) return;
    const waiting = this.#takeWaiting();
    if (everything) {
      const last = Buffer.concat([this.#rest, Buffer.from(waiting)]);
      this.#rest = Buffer.alloc(0);
      await writeThrough(this.#response, last);
    } else if (waiting !== "") await writeAll(this.#response, waiting);
  }

  /** Sends all that is left and ends the body; `release` runs just before the last byte. */
  async end(release: () => void): Promise<void> {
    if (this.#response.destroyed) return;
    const waiting = this.#takeWaiting();
    if (this.#rest.length > 0) await writeAll(this.#response, this.#rest);
    release();
    this.#response.end(waiting);
  }

  async #sendChunks(size: number): Promise<void> {
    const bytes = Buffer.concat([this.#rest, Buffer.from(this.#takeWaiting())]);
    let start = 0;
    for (; start + size <= bytes.length && !this.#response.destroyed; start += size) {
      await writeAll(this.#response, bytes.subarray(start, start + size));
      await nextTurn();
    }
    this.#rest = bytes.subarray(start);
  }

  #takeWaiting(): string {
    const waiting = this.#waiting;
    this.#waiting = "";
    return waiting;
  }
}
