import type { BuiltInProvider } from "../domain/completions/completion.ts";
import type { UpstreamEndpoint } from "../domain/completions/upstream.ts";
import { createAnthropicProvider } from "./anthropic/anthropic-provider.ts";
import { ANTHROPIC_FORMAT } from "./anthropic/api.ts";
import { createAnthropicBatches } from "./anthropic/batches.ts";
import { type BatchProvider, MAX_RESULTS_BYTES } from "./batch-provider.ts";
import { createEgressFetch, type Fetch } from "./egress.ts";
import { createForward, type Forward } from "./forward.ts";
import { OPENAI_FORMAT } from "./openai/api.ts";
import { createOpenAIBatches } from "./openai/batches.ts";
import { createOpenAIProvider } from "./openai/openai-provider.ts";
import type { ApiFormat } from "./provider-api.ts";
import type { Provider } from "./provider.ts";
import { UpstreamProvider } from "./upstream-provider.ts";

/**
 * The providers behind their two ports: single calls, and batch APIs. Upstreams have no batches.
 */
export interface Providers {
  direct: Record<BuiltInProvider, Provider>;
  batch: Record<BuiltInProvider, BatchProvider>;
  /** Requests of clients that are sent on, such as for a model, to the provider or an upstream. */
  forward: Record<BuiltInProvider, Forward>;
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
  const forwarding = (wire: BuiltInProvider, format: ApiFormat): Forward => {
    const builtIn = createForward(format, wire, { baseUrl: endpoints[wire].baseUrl, fetch: direct });
    return async (request, call) => {
      if (!call.upstream) return builtIn(request, call);
      const [server, name] = reach(call.upstream);
      return createForward(format, name, server)(request, call);
    };
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
    forward: { openai: forwarding("openai", OPENAI_FORMAT), anthropic: forwarding("anthropic", ANTHROPIC_FORMAT) },
    batch: {
      openai: createOpenAIBatches({ baseUrl: openai, fetch: batch }),
      anthropic: createAnthropicBatches({ baseUrl: anthropic, fetch: batch }),
    },
  };
}
