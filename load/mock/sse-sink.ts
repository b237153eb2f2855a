import type { ServerResponse } from "node:http";

import { nextTurn, writeAll, writeThrough } from "./pacing.ts";

/**
 * Buffers a stream's text until it is flushed. With `chunkBytes` it sends chunks of exactly that
 * size, each in its own turn of the event loop; a smaller rest waits for more text or for the end.
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

  /** Adds text and sends all full chunks. */
  async write(text: string): Promise<void> {
    this.#waiting += text;
    if (this.#chunkBytes !== undefined) await this.#sendChunks(this.#chunkBytes);
  }

  /** Sends the buffered text. With `everything` also the rest, and waits until it is written. */
  async flush(everything: boolean): Promise<void> {
    if (this.#response.destroyed) return;
    const waiting = this.#takeWaiting();
    if (everything) {
      const last = Buffer.concat([this.#rest, Buffer.from(waiting)]);
      this.#rest = Buffer.alloc(0);
      await writeThrough(this.#response, last);
    } else if (waiting !== "") await writeAll(this.#response, waiting);
  }

  /** Sends the rest and ends the body. Calls `release` just before the last byte. */
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
