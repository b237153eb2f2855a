import type { BuiltInProvider, ProviderName } from "../../domain/completions/completion.ts";
import { requireWire, type Upstream, type UpstreamEndpoint } from "../../domain/completions/upstream.ts";
import type { Clock } from "../../lib/clock.ts";
import { startPatientTimer } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { Provider } from "../../providers/provider.ts";

/** Servers whose last sign of life an isolate remembers. A forgotten one is checked once more. */
const MAX_SERVERS = 1_000;

/** What {@link Reachability} needs. */
export interface ReachabilityDeps extends Clock {
  providers: Record<BuiltInProvider, Pick<Provider, "check">>;
  /** How long a provider may give no sign of life at all, in ms. */
  connectMs: number;
}

/** A call that has been sent and has no response yet. */
export interface SilentCall {
  provider: ProviderName;
  upstream?: UpstreamEndpoint;
  model: string;
  apiKey: string;
}

/**
 * Who gives signs of life. Upstreams of two tenants may have the same name, but not be the same.
 */
type Server = { provider: ProviderName; upstream?: Upstream };

function addressOf({ provider, upstream }: Server): string {
  return upstream?.base_url ?? provider;
}

/**
 * Tells a provider that is not reached from one that is slow. A model that thinks sends nothing,
 * and neither does a provider that is gone: `fetch` does not say when a connection stands. So while
 * a call has no response, its provider is asked for the model, which costs nothing and which no
 * model has to answer. Only a provider that is silent to that, too, is not reached.
 */
export class Reachability {
  readonly #deps: ReachabilityDeps;
  /** When each provider last gave a sign of life, to whichever call of this isolate. */
  readonly #heardAt = new LruMap<string, number>({ maxEntries: MAX_SERVERS });

  constructor(deps: ReachabilityDeps) {
    this.#deps = deps;
  }

  /** Notes a sign of life. */
  heard(server: Server): void {
    this.#heardAt.set(addressOf(server), this.#deps.now());
  }

  /**
   * Watches a call from its sending. Calls `onUnreached` where its provider gives no sign of life
   * within the time for it. Returns a function that ends the watch.
   */
  watch(call: SilentCall, onUnreached: () => void): () => void {
    const { model, apiKey, upstream } = call;
    const { providers, connectMs } = this.#deps;
    const sentAt = this.#deps.now();
    const isHeard = () => (this.#heardAt.get(addressOf(call)) ?? -Infinity) > sentAt;
    const checking = new AbortController();
    const beforeCheckMs = Math.ceil(connectMs / 2);
    const judge = () => {
      checking.abort();
      if (!isHeard()) onUnreached();
    };
    const check = () => {
      if (isHeard()) return;
      const onActivity = () => this.heard(call);
      stop = startPatientTimer(connectMs - beforeCheckMs, judge);
      // A check that fails says what it has to say by its silence.
      void providers[requireWire(call)]
        .check(model, { apiKey, upstream, signal: checking.signal, onActivity })
        .then(onActivity)
        .catch(() => undefined);
    };
    let stop = startPatientTimer(beforeCheckMs, check);
    return () => {
      stop();
      checking.abort();
    };
  }
}
