import type { CliIo } from "../io.ts";
import { widthOf } from "./table.ts";

const CLEAR = "\r\u001b[K";

/**
 * A line below the output that tells how far the work is. It leaves no trace in a file or a pipe.
 */
export class ProgressLine {
  readonly #io: Pick<CliIo, "writeError" | "columns">;
  readonly #isShown: boolean;
  #hasText = false;

  constructor(io: Pick<CliIo, "writeError" | "columns">, isShown: boolean) {
    this.#io = io;
    this.#isShown = isShown;
  }

  show(text: string): void {
    if (!this.#isShown) return;
    const line = widthOf(text) < this.#io.columns ? text : text.slice(0, this.#io.columns - 1);
    this.#io.writeError(`${CLEAR}${line}`);
    this.#hasText = true;
  }

  clear(): void {
    if (this.#hasText) this.#io.writeError(CLEAR);
    this.#hasText = false;
  }
}

/** `████████░░░░`: a share in [0, 1] as a bar of some characters. */
export function bar(share: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
