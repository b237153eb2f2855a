import { AppError } from "../../domain/errors.ts";
import { byteLength } from "../../lib/encoding.ts";

/** D1 takes two million bytes a row. The rest of the row, such as its name, has the difference. */
const MAX_ROW_BYTES = 1_990_000;

/** Throws `payload_too_large` where the long columns of a version do not fit in a row. */
export function checkRowSize(what: "prompt" | "chain", columns: readonly string[]): void {
  const bytes = columns.reduce((sum, text) => sum + byteLength(text), 0);
  if (bytes <= MAX_ROW_BYTES) return;
  const detail = `The ${what} takes ${bytes} bytes with what was read from it; at most ${MAX_ROW_BYTES} can be stored.`;
  throw new AppError("payload_too_large", detail);
}
