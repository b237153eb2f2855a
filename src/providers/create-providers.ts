import type { ProviderName } from "../domain/completions/completion.ts";
import { createAnthropicProvider } from "./anthropic/anthropic-provider.ts";
import { createAnthropicBatches } from "./anthropic/batches.ts";
import { type BatchProvider, MAX_RESULTS_BYTES } from "./batch-provider.ts";
import { createEgressFetch, type Fetch } from "./egress.ts";
import { createOpenAIBatches } from "./openai/batches.ts";
import { createOpenAIProvider } from "./openai/openai-provider.ts";
import type { Provider } from "./provider.ts";

/** The providers behind their two ports: single calls, and batch APIs. */
export interface Providers {
  direct: Record<ProviderName, Provider>;
  batch: Record<ProviderName, BatchProvider>;
}

/**
 * Creates both ports of all providers behind the egress rules. The results of batches may be larger
 * than an answer, because they are read line by line.
 */
export function createProviders(
  endpoints: Record<ProviderName, { baseUrl: string }>,
  allowedOrigins: readonly string[],
  fetch: Fetch,
): Providers {
  const direct = createEgressFetch({ allowedOrigins, fetch });
  const batch = createEgressFetch({ allowedOrigins, fetch, maxResponseBytes: MAX_RESULTS_BYTES });
  const [openai, anthropic] = [endpoints.openai.baseUrl, endpoints.anthropic.baseUrl];
  return {
    direct: {
      openai: createOpenAIProvider({ baseUrl: openai, fetch: direct }),
      anthropic: createAnthropicProvider({ baseUrl: anthropic, fetch: direct }),
    },
    batch: {
      openai: createOpenAIBatches({ baseUrl: openai, fetch: batch }),
      anthropic: createAnthropicBatches({ baseUrl: anthropic, fetch: batch }),
    },
  };
}
