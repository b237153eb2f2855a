import type { BuiltInProvider } from "../domain/completions/completion.ts";
import type { UpstreamEndpoint } from "../domain/completions/upstream.ts";
import { createAnthropicProvider } from "./anthropic/anthropic-provider.ts";
import { createAnthropicBatches } from "./anthropic/batches.ts";
import { type BatchProvider, MAX_RESULTS_BYTES } from "./batch-provider.ts";
import { createEgressFetch, type Fetch } from "./egress.ts";
import { createOpenAIBatches } from "./openai/batches.ts";
import { createOpenAIProvider } from "./openai/openai-provider.ts";
import type { Provider } from "./provider.ts";
import { UpstreamProvider } from "./upstream-provider.ts";

/**
 * The providers behind their two ports: single calls, and batch APIs. Upstreams have no batches.
 */
export interface Providers {
  direct: Record<BuiltInProvider, Provider>;
  batch: Record<BuiltInProvider, BatchProvider>;
}

/** The origins that calls may reach: those of the built-in providers, and those of upstreams. */
export interface EgressOrigins {
  builtIn: readonly string[];
  upstreams: readonly string[];
}

/**
 * Creates both ports of all providers behind the egress rules. The results of batches may be larger
 * than an answer, because they are read line by line. A call to an upstream reaches its origin
 * only, by `upstreamFetch`.
 */
export function createProviders(
  endpoints: Record<BuiltInProvider, { baseUrl: string }>,
  { builtIn: allowedOrigins, upstreams }: EgressOrigins,
  fetch: Fetch,
  upstreamFetch: Fetch = fetch,
): Providers {
  const direct = createEgressFetch({ allowedOrigins, fetch });
  const batch = createEgressFetch({ allowedOrigins, fetch, maxResponseBytes: MAX_RESULTS_BYTES });
  const reach = ({ name, base_url, headers }: UpstreamEndpoint) => {
    const origins = upstreams.filter((origin) => origin === URL.parse(base_url)?.origin);
    return [
      { baseUrl: base_url, fetch: createEgressFetch({ allowedOrigins: origins, fetch: upstreamFetch, headers }) },
      name,
    ] as const;
  };
  const [openai, anthropic] = [endpoints.openai.baseUrl, endpoints.anthropic.baseUrl];
  return {
    direct: {
      openai: new UpstreamProvider(createOpenAIProvider({ baseUrl: openai, fetch: direct }), (upstream) =>
        createOpenAIProvider(...reach(upstream)),
      ),
      anthropic: new UpstreamProvider(createAnthropicProvider({ baseUrl: anthropic, fetch: direct }), (upstream) =>
        createAnthropicProvider(...reach(upstream)),
      ),
    },
    batch: {
      openai: createOpenAIBatches({ baseUrl: openai, fetch: batch }),
      anthropic: createAnthropicBatches({ baseUrl: anthropic, fetch: batch }),
    },
  };
}
