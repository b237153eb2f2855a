import type { Candidate } from "../../domain/completions/candidate.ts";
import { TokenHistory } from "../../domain/completions/reserve-tokens.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import type { CompletionInput, Usage } from "../../domain/completions/completion.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { ProviderKey } from "../tenants/provider-keys.ts";

/**
 * A model whose tokens are counted. What one tenant's upstream says it used must not bear on what
 * others reserve, so an upstream's models have histories of their own.
 */
type CountedModel = Pick<Candidate, "model" | "upstream">;

/** How many models' histories an isolate keeps. */
const MAX_MODELS = 200;

/**
 * Estimates the tokens to reserve for a call, by model; the more calls have settled, the better.
 */
export class TokenEstimator {
  readonly #histories = new LruMap<string, TokenHistory>({ maxEntries: MAX_MODELS });

  /**
   * The estimated tokens of the prompt, and the tokens to reserve for the whole call. Nothing is
   * counted where no key has a token limit.
   */
  reserve(
    model: CountedModel,
    input: CompletionInput,
    keys: readonly ProviderKey[],
  ): { promptTokens: number; tokens: number } {
    if (keys.every(({ tpm }) => tpm === null)) return { promptTokens: 0, tokens: 1 };
    const limits = keys.map(({ tpm }) => tpm ?? Infinity);
    const most = Math.max(...limits);
    const prompt = estimateTokens(input.messages, input.tools);
    const { max_tokens } = input.parameters;
    const tokens = this.#historyOf(model).reserve({ prompt, max_tokens, tpm: most === Infinity ? null : most });
    return { promptTokens: prompt, tokens };
  }

  /** Learns from a call that has ended: the estimate of its prompt against its real usage. */
  learn(model: CountedModel, promptTokens: number, usage: Usage): void {
    if (promptTokens > 0) this.#historyOf(model).learn(promptTokens, usage);
  }

  #historyOf({ model, upstream }: CountedModel): TokenHistory {
    const name = upstream ? `${upstream.base_url} ${model}` : model;
    const known = this.#histories.get(name);
    if (known) return known;
    const history = new TokenHistory();
    this.#histories.set(name, history);
    return history;
  }
}
