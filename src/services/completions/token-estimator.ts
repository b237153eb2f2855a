import { createTokenHistory, type TokenHistory } from "../../domain/completions/reserve-tokens.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import type { Ask, Usage } from "../../domain/completions/completion.ts";
import type { ProviderKey } from "../tenants/manage-provider-keys.ts";

/** How many tokens calls are reserved with, by model; better the more were settled. */
export interface TokenBook {
  /** The prompt's estimate, and what to reserve for the whole call. Nothing is counted where no key has a limit to hold. */
  reserve(model: string, ask: Ask, keys: readonly ProviderKey[]): { prompt: number; tokens: number };
  settle(model: string, prompt: number, usage: Usage): void;
}

/** Models whose history an isolate keeps. */
const MAX_MODELS = 200;

/** An empty book, for one isolate. */
export function createTokenBook(): TokenBook {
  const histories = new Map<string, TokenHistory>();
  function historyOf(model: string): TokenHistory {
    const known = histories.get(model);
    if (known) return known;
    if (histories.size >= MAX_MODELS) histories.clear();
    const history = createTokenHistory();
    histories.set(model, history);
    return history;
  }
  return {
    reserve(model, ask, keys) {
      if (keys.every(({ tpm }) => tpm === null)) return { prompt: 0, tokens: 1 };
      const limits = keys.map(({ tpm }) => tpm ?? Infinity);
      const most = Math.max(...limits);
      const prompt = estimateTokens(ask.messages);
      const { max_tokens } = ask.parameters;
      const tokens = historyOf(model).reserve({ prompt, max_tokens, tpm: most === Infinity ? null : most });
      return { prompt, tokens };
    },
    settle(model, prompt, usage) {
      if (prompt > 0) historyOf(model).learn(prompt, usage);
    },
  };
}
