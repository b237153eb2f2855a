import type { BuiltInProvider, Usage } from "../../src/domain/completions/completion.ts";
import { priceOf } from "../../src/domain/completions/prices.ts";
import type { CostLine } from "../../src/domain/completions/cost-lines.ts";
import { resultsOf } from "./batch-answer.ts";
import type { MockBatch } from "./batch-store.ts";
import type { CallRecord } from "./call-record.ts";
import { isObject } from "./json.ts";
import type { MockState } from "./mock-state.ts";

/** What a call is billed for: an answered call of the log, or an item of a batch. */
export interface BilledUsage {
  /** When it began, ms. */
  at: number;
  key: string;
  model: string;
  usage: Usage;
  isBatch: boolean;
  /** Absent for completions. */
  isEmbedding?: boolean;
}

/** All that a provider bills: whatever it sent an answer for, received or not. */
export function billedUsage(state: MockState, provider: BuiltInProvider): BilledUsage[] {
  const calls = state.log.page().calls.filter((call) => call.provider === provider);
  const batches = state.batches.all().filter(({ wire }) => wire.provider === provider);
  return [...calls.flatMap(ofCall), ...batches.flatMap((batch) => ofBatch(state, batch))];
}

/** The lines of the bill, at the list's prices. */
export function billedLines(provider: BuiltInProvider, { model, usage, at }: BilledUsage): CostLine[] {
  return priceOf(provider, model, usage, { at: new Date(at) })?.lines ?? [];
}

function ofCall(call: CallRecord): BilledUsage[] {
  const { at, key, model, prompt_tokens, completion_tokens, usage_parts: parts = {} } = call;
  const isEmbedding = call.path.endsWith("/embeddings");
  if (call.status !== 200 || (completion_tokens === 0 && !isEmbedding)) return [];
  const usage: Usage = {
    ...sums(prompt_tokens, completion_tokens),
    cached_tokens: parts.cached,
    cache_write_tokens: parts.cache_write,
    cache_write_1h_tokens: parts.cache_write_longer,
    audio_input_tokens: parts.audio_input,
    image_input_tokens: parts.image_input,
    reasoning_tokens: parts.reasoning,
    audio_output_tokens: parts.audio_output,
    web_searches: parts.web_searches,
    service_tier: parts.service_tier,
    inference_geo: parts.inference_geo,
  };
  return [{ at, key, model, usage, isBatch: false, isEmbedding }];
}

function ofBatch(state: MockState, batch: MockBatch): BilledUsage[] {
  if (state.batches.phaseOf(batch) !== "ended") return [];
  return resultsOf(state, batch).flatMap(({ outcome }) => {
    if (outcome.type !== "succeeded") return [];
    const { model, usage } = outcome.body as { model: string; usage?: unknown };
    if (!isObject(usage)) return [];
    const count = (name: string) => Number(usage[name] ?? 0);
    const [input, output] =
      batch.wire.provider === "openai"
        ? [count("prompt_tokens") + count("input_tokens"), count("completion_tokens") + count("output_tokens")]
        : [count("input_tokens"), count("output_tokens")];
    const of = { at: batch.createdAt, key: batch.key, model, isBatch: true };
    return [{ ...of, usage: { ...sums(input, output), service_tier: "batch" } }];
  });
}

function sums(prompt_tokens: number, completion_tokens: number): Usage {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
