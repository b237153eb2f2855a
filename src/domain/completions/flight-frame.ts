import type { Answer } from "./answer.ts";
import type { ProviderName } from "./completion.ts";
import { AppError, type ErrorCode, type FieldError } from "../errors.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";

/** An error as it travels in a flight. */
export interface FrameError {
  code: ErrorCode;
  detail: string;
  errors?: FieldError[];
  retryable: boolean;
  retry_after_ms?: number;
}

/**
 * What a leader tells its followers, one JSON text a line: who answers, text as it comes, then one end. `lost`: the leader failed for a reason of its own, and another may lead.
 * `alone`: the answer is too large to be shared. `keep`: the answer may be given to those who come just after, too.
 */
export type Frame =
  | { t: "open"; provider: ProviderName; model: string }
  | { t: "text"; text: string }
  | { t: "answer"; answer: Omit<Answer, "text">; keep: boolean }
  | { t: "error"; error: FrameError }
  | { t: "lost" }
  | { t: "alone" };

const encoder = new TextEncoder();

/** A frame's line, after a new line that ends whatever was broken off before it: a flight's last words. */
export function encodeLastFrame(frame: Frame): Uint8Array {
  return encoder.encode(`\n${JSON.stringify(frame)}\n`);
}

/** A frame's line. */
export function encodeFrame(frame: Frame): Uint8Array {
  return encoder.encode(`${JSON.stringify(frame)}\n`);
}

/** The frames in a stream of bytes, wherever it is cut. A line that is no frame was broken off and is passed over; an end without a last frame counts as `lost`. Stops after an end. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    for (const line of splitter.push(decoder.decode(chunk, { stream: true }))) {
      const frame = parseFrame(line);
      if (!frame) continue;
      yield frame;
      if (frame.t !== "text" && frame.t !== "open") return;
    }
  }
  yield { t: "lost" };
}

/** Follows a leader's bytes for the frame that they end with. */
export interface FrameWatch {
  see(chunk: Uint8Array): void;
  /** The last whole line's frame; `lost` where there is none, or where another line was begun. */
  last(): Frame;
}

/** Watches bytes go by; keeps no more than a line. */
export function watchFrames(): FrameWatch {
  const decoder = new TextDecoder();
  const splitter = new LineSplitter();
  let whole = "";
  return {
    see(chunk) {
      whole = splitter.push(decoder.decode(chunk, { stream: true })).at(-1) ?? whole;
    },
    last: () => (splitter.rest === "" ? parseFrame(whole) : undefined) ?? { t: "lost" },
  };
}

/** An error in a frame's form, and back. */
export function toFrameError({ code, detail, errors, retryable, retryAfterMs }: AppError): FrameError {
  return { code, detail, errors, retryable, retry_after_ms: retryAfterMs };
}

/** The error that a frame carries. */
export function fromFrameError({ code, detail, errors, retryable, retry_after_ms }: FrameError): AppError {
  return new AppError(code, detail, { errors, retryable, retryAfterMs: retry_after_ms });
}

function parseFrame(line: string): Frame | undefined {
  try {
    const frame = JSON.parse(line) as Frame;
    return typeof frame.t === "string" ? frame : undefined;
  } catch {
    return undefined;
  }
}
