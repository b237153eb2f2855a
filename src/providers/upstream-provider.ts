import type { UpstreamEndpoint } from "../domain/completions/upstream.ts";
import type { CompletionRequest } from "../domain/completions/completion.ts";
import type { Provider, ProviderCall, ProviderCompletion, ProviderStream } from "./provider.ts";

/**
 * A wire format's provider, which also makes the calls to the upstreams that speak it: each of them
 * has a client of its own, as long as its endpoint is in use.
 */
export class UpstreamProvider implements Provider {
  readonly #builtIn: Provider;
  readonly #create: (upstream: UpstreamEndpoint) => Provider;
  readonly #upstreams = new WeakMap<UpstreamEndpoint, Provider>();

  constructor(builtIn: Provider, create: (upstream: UpstreamEndpoint) => Provider) {
    this.#builtIn = builtIn;
    this.#create = create;
  }

  async complete(request: CompletionRequest, call: ProviderCall): Promise<ProviderCompletion> {
    return this.#of(call).complete(request, call);
  }

  async stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream> {
    return this.#of(call).stream(request, call);
  }

  async check(model: string, call: ProviderCall): Promise<void> {
    return this.#of(call).check(model, call);
  }

  #of({ upstream }: ProviderCall): Provider {
    if (!upstream) return this.#builtIn;
    const known = this.#upstreams.get(upstream);
    if (known) return known;
    const created = this.#create(upstream);
    this.#upstreams.set(upstream, created);
    return created;
  }
}
