import type { Answer } from "./answer.ts";
import { type Lane, LANES } from "../lane.ts";
import type { Candidate } from "./candidate.ts";
import type { ProviderName, Said } from "./completion.ts";
import { AppError, type BudgetFacts, type ErrorCode, type FieldError, type RelayedError } from "../errors.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";

/** An error in its serialised form, as a frame carries it. */
export interface FrameError {
  code: ErrorCode;
  detail: string;
  errors?: FieldError[];
  retryable: boolean;
  retry_after_ms?: number;
  budget?: BudgetFacts;
  relayed?: RelayedError;
}

/**
 * A message from a flight's leader to its followers, sent as one line of JSON. A flight sends one
 * `open` with the answering model, then what it says, then exactly one final frame. `lost`: the
 * leader failed for a reason of its own, so that another caller must lead. `alone`: the answer is
 * too large to share, so that each follower makes its own call. `keep`: the answer may also serve
 * callers that come just after the end.
 */
export type Frame =
  | { t: "open"; provider: ProviderName; model: string }
  | { t: "text"; text: string }
  | { t: "said"; said: Exclude<Said, { type: "text" }> }
  | { t: "answer"; answer: Omit<Answer, "text" | "relayed">; keep: boolean }
  | { t: "error"; error: FrameError; leader?: Circumstances }
  | { t: "lost" }
  | { t: "alone" };

/**
 * What an execution has beside what it asks: another one that asks the same may have better
 * circumstances, and get an answer where this one got an error.
 */
export interface Circumstances {
  /** The API key, which may have a budget of its own. Absent in frames of earlier versions. */
  key_id?: string;
  lane: Lane;
  /** Whether it waits for capacity. */
  queue: boolean;
  /** How long it may take, in ms. */
  timeout_ms: number;
  candidates: readonly Pick<Candidate, "provider" | "model">[];
}

/**
 * Whether an execution may be answered where one with the circumstances of `leader` was refused.
 */
export function mayFareBetter(own: Circumstances, leader: Circumstances): boolean {
  const urgencyOf = ({ lane }: Circumstances) => -LANES.indexOf(lane);
  return (
    urgencyOf(own) > urgencyOf(leader) ||
    (own.queue && !leader.queue) ||
    own.timeout_ms > leader.timeout_ms ||
    own.candidates.some((candidate) => !isAmong(leader.candidates, candidate))
  );
}

/** Whether a candidate is one of these, standby or not. */
export function isAmong(
  candidates: Circumstances["candidates"],
  { provider, model }: Pick<Candidate, "provider" | "model">,
): boolean {
  return candidates.some((each) => each.provider === provider && each.model === model);
}

const encoder = new TextEncoder();

/**
 * Encodes a final frame that the flight's object adds itself, because the leader broke off or its
 * answer is too large. It begins with a newline, which ends an incomplete line of the leader.
 */
export function encodeLastFrame(frame: Frame): Uint8Array {
  return encoder.encode(`\n${JSON.stringify(frame)}\n`);
}

/** Encodes a frame as one line of UTF-8 JSON. */
export function encodeFrame(frame: Frame): Uint8Array {
  return encoder.encode(`${JSON.stringify(frame)}\n`);
}

/**
 * Decodes the frames of a byte stream, whatever the chunk boundaries are. Skips lines that are not
 * frames, because a leader that breaks off leaves an incomplete one. Stops after a final frame, and
 * yields `lost` where the stream ends without one.
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    for (const line of splitter.push(decoder.decode(chunk, { stream: true }))) {
      const frame = parseFrame(line);
      if (!frame) continue;
      yield frame;
      if (!["open", "text", "said"].includes(frame.t)) return;
    }
  }
  yield { t: "lost" };
}

/** Remembers the last frame of a byte stream. */
interface FrameWatch {
  /** Takes the next bytes of the stream. */
  see(chunk: Uint8Array): void;
  /** The frame of the last line; `lost` where that line is incomplete or not a frame. */
  last(): Frame;
}

/** Watches a leader's byte stream for its last frame. Keeps at most two lines in memory. */
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

/** Converts an error to its serialised form. */
export function toFrameError({ code, detail, errors, retryable, retryAfterMs, budget, relayed }: AppError): FrameError {
  return { code, detail, errors, retryable, retry_after_ms: retryAfterMs, budget, ...(relayed && { relayed }) };
}

/** Converts a serialised error back to an AppError. */
export function fromFrameError({
  code,
  detail,
  errors,
  retryable,
  retry_after_ms,
  budget,
  relayed,
}: FrameError): AppError {
  return new AppError(code, detail, { errors, retryable, retryAfterMs: retry_after_ms, budget, relayed });
}

function parseFrame(line: string): Frame | undefined {
  try {
    const frame = JSON.parse(line) as Frame;
    return typeof frame.t === "string" ? frame : undefined;
  } catch {
    return undefined;
  }
}
