import type { Completion, CompletionRequest } from "../domain/completions/completion.ts";
import type { AppError } from "../domain/errors.ts";
import type { ProviderCall } from "./provider.ts";

/**
 * One request of a provider batch. `custom_id` matches `[a-zA-Z0-9_-]{1,64}` and is unique within
 * its batch.
 */
export interface BatchLine {
  custom_id: string;
  request: CompletionRequest;
}

/**
 * A request in the provider's form: a JSON object without a line break, and the headers that its
 * call needs.
 */
export interface EncodedLine {
  json: string;
  headers: Record<string, string>;
  /** The path that it is for, where the provider's batches are for several: one in each of them. */
  endpoint?: string;
}

/**
 * The result of one request. Requests that `expired` or were `cancelled` never ran, and cost
 * nothing. Of an `unreadable` line it is not known to which request it belongs.
 */
export type BatchLineResult =
  | { type: "unreadable"; error: AppError }
  | ({ custom_id: string } & (
      | { type: "completion"; completion: Completion }
      | { type: "error"; error: AppError }
      | { type: "expired" }
      | { type: "cancelled" }
    ));

/**
 * The progress of a provider batch. `sources` leads to the results once it ended. `failed` means
 * that the provider refused the whole batch.
 */
export type BatchProgress = { counts: { total: number; done: number } } & (
  { status: "running" } | { status: "ended"; sources: string[] } | { status: "failed"; error: AppError }
);

/** A submission whose response may have been lost. Times are Unix ms. */
export interface SubmissionIntent {
  /** The nonce that {@link BatchProvider.submit} got. */
  nonce: string;
  /** The submission was not made before this time. */
  since: number;
  /** The submission has at most this many requests. */
  at_most: number;
  /** Ids of batches that are known to be other submissions. */
  others: ReadonlySet<string>;
}

/**
 * The outcome of a search for a submission. `unsure` means that a batch may be it, which cannot be
 * decided yet.
 */
export type SubmissionFound = { id: string } | "none" | "unsure";

/**
 * The port of the providers' batch APIs: many requests for one model in one call, answered within a
 * day at half the price. Every call throws only AppErrors, as `Provider` does. Requests and results
 * are streamed: memory holds one of each at a time.
 */
export interface BatchProvider {
  /** Throws `validation_error` for a request that the provider cannot accept. */
  encode(line: BatchLine): EncodedLine;
  /**
   * Submits at least one request, all for one model and one path, and returns the provider's id of
   * the batch. If this throws anything but a definite refusal, the batch may still exist: ask
   * {@link BatchProvider.find} before a retry. `nonce`, 32 hexadecimal digits, marks the submission
   * and begins every `custom_id`.
   */
  submit(nonce: string, lines: AsyncIterable<EncodedLine>, call: ProviderCall): Promise<string>;
  /** Searches for a submission that may have been made, under the key that made it. */
  find(intent: SubmissionIntent, call: ProviderCall): Promise<SubmissionFound>;
  poll(id: string, call: ProviderCall): Promise<BatchProgress>;
  /**
   * The results, in any order. Nothing is known about requests without a result: they may have been
   * executed and billed.
   */
  results(sources: readonly string[], call: ProviderCall): AsyncIterable<BatchLineResult>;
  /**
   * Cancels the requests that have not run. The results of the others remain. A batch that has
   * ended is no error.
   */
  cancel(id: string, call: ProviderCall): Promise<void>;
}

/** Maximum length of a line of results, in bytes. */
export const MAX_RESULT_LINE_BYTES = 16 * 1024 * 1024;
/** Maximum size of the results of a batch, in bytes. They are read line by line. */
export const MAX_RESULTS_BYTES = 2 * 1024 * 1024 * 1024;
/** How far the provider's clock may lag behind ours, milliseconds. */
export const CLOCK_SKEW_MS = 120_000;
/** Batches of a key that a search reads. Beyond them its outcome is `unsure`. */
export const MAX_LISTED = 1_000;
