import type { AnswerPart } from "../../domain/completions/answer.ts";
import type { Attempt } from "../../domain/completions/attempt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { CachePolicy } from "../../domain/executions/cache-control.ts";
import type { CachedFrom } from "../../domain/executions/execution.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import type { CompletionCall } from "./completion-call.ts";

/** An answer that an execution needs, from wherever it is cheapest. */
export interface AnswerRequest {
  execution_id: string;
  /** The call to be made where no stored or shared answer fits. */
  call: CompletionCall;
  form: "whole" | "stream";
  /** The cache key; null where no stored or shared answer may be used. */
  key: string | null;
  policy: CachePolicy;
  timings: Timings;
}

/** An answer on its way: where it comes from, who gives it, and its parts. */
export interface ObtainedAnswer {
  /**
   * Where a stored or shared answer came from; null for one that a model gives to this execution.
   */
  cached: CachedFrom | null;
  /** The age of a stored answer, in ms. */
  age_ms: number | null;
  /** True for a stored answer older than fresh, served because the provider fails. */
  stale: boolean;
  candidate: Candidate;
  /** The attempts of this execution so far; the answer's last part has all of them. */
  attempts: readonly Attempt[];
  parts: AsyncIterable<AnswerPart>;
}
