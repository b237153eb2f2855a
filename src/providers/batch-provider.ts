import type { Completion, CompletionRequest } from "../domain/completions/completion.ts";
import type { AppError } from "../domain/errors.ts";
import type { ProviderCall } from "./provider.ts";

/** One request of a provider batch. `custom_id` matches `[a-zA-Z0-9_-]{1,64}` and is unique within its batch. */
export interface BatchLine {
  custom_id: string;
  request: CompletionRequest;
}

/** A request as the provider takes it: one JSON object without a line break, and the headers that the call needs which carries it. */
export interface EncodedLine {
  json: string;
  headers: Record<string, string>;
}

/** How one request ended. `expired` and `cancelled` were never executed, and cost nothing. */
export type BatchResult = { custom_id: string } & (
  | { type: "completion"; completion: Completion }
  | { type: "error"; error: AppError }
  | { type: "expired" }
  | { type: "cancelled" }
);

/** How far a provider batch is. `sources` says where the results are once it has ended; `failed` is one that was refused as a whole. */
export type BatchProgress = { counts: { total: number; done: number } } & (
  { status: "running" } | { status: "ended"; sources: string[] } | { status: "failed"; error: AppError }
);

/** A submission whose answer may have been lost. Times are Unix ms. */
export interface SubmissionIntent {
  /** What {@link BatchProvider.submit} was given. */
  nonce: string;
  /** Before this time it was not made. */
  since: number;
  /** It has at most so many requests. */
  at_most: number;
  /** Ids of batches that are known to be other submissions. */
  others: ReadonlySet<string>;
}

/** What came of the search for a submission. `unsure`: one that may be it cannot be told from others yet. */
export type SubmissionFound = { id: string } | "none" | "unsure";

/**
 * The port to the providers' batch APIs: many requests of one model in one call, answered within a day at half the price. All
 * throw only AppError, as `Provider` does. Requests and results are streamed: memory holds one of each, however long they are.
 */
export interface BatchProvider {
  /** Throws `validation_error` for a request that the provider cannot take. */
  encode(line: BatchLine): EncodedLine;
  /**
   * Submits requests, all of one model and at least one; the provider's id of the batch. Where this throws anything but a definite refusal, the batch
   * may exist all the same: ask {@link BatchProvider.find} before trying again. `nonce`, 32 hexadecimal digits, marks the submission, and
   * begins every `custom_id`.
   */
  submit(nonce: string, lines: AsyncIterable<EncodedLine>, call: ProviderCall): Promise<string>;
  /** Looks for a submission that may have been made, under the key that made it. */
  find(intent: SubmissionIntent, call: ProviderCall): Promise<SubmissionFound>;
  poll(id: string, call: ProviderCall): Promise<BatchProgress>;
  /** The results, in any order. Of requests that are missing nothing is known. */
  results(sources: readonly string[], call: ProviderCall): AsyncIterable<BatchResult>;
  /** Asks for the end of what has not been executed; what was stays in the results. One that has ended already is no error. */
  cancel(id: string, call: ProviderCall): Promise<void>;
}

/** Longest line of results that is held, in bytes. */
export const MAX_RESULT_LINE_BYTES = 16 * 1024 * 1024;
/** Most bytes of one batch's results; they are read line by line. */
export const MAX_RESULTS_BYTES = 2 * 1024 * 1024 * 1024;
/** How far the provider's clock may be behind ours, milliseconds. */
export const CLOCK_SKEW_MS = 120_000;
/** Batches of a key that are looked at in search for one: beyond them it counts as unsure. */
export const MAX_LISTED = 1_000;
