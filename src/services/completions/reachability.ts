import type { ProviderName } from "../../domain/completions/completion.ts";
import type { Clock } from "../../lib/clock.ts";
import { startPatientTimer } from "../../lib/deadline.ts";
import type { Provider } from "../../providers/provider.ts";

/** What {@link Reachability} needs. */
export interface ReachabilityDeps extends Clock {
  providers: Record<ProviderName, Pick<Provider, "check">>;
  /** How long a provider may give no sign of life at all, in ms. */
  connectMs: number;
}

/** A call that has been sent and has no response yet. */
export interface SilentCall {
  provider: ProviderName;
  model: string;
  apiKey: string;
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
  readonly #heardAt = new Map<ProviderName, number>();

  constructor(deps: ReachabilityDeps) {
    this.#deps = deps;
  }

  /** Notes a sign of life. */
  heard(provider: ProviderName): void {
    this.#heardAt.set(provider, this.#deps.now());
  }

  /**
   * Watches a call from its sending. Calls `onUnreached` where its provider gives no sign of life
   * within the time for it. Returns a function that ends the watch.
   */
  watch({ provider, model, apiKey }: SilentCall, onUnreached: () => void): () => void {
    const { providers, connectMs } = this.#deps;
    const sentAt = this.#deps.now();
    const isHeard = () => (this.#heardAt.get(provider) ?? -Infinity) > sentAt;
    const checking = new AbortController();
    const beforeCheckMs = Math.ceil(connectMs / 2);
    const judge = () => {
      checking.abort();
      if (!isHeard()) onUnreached();
    };
    const check = () => {
      if (isHeard()) return;
      const onActivity = () => this.heard(provider);
      stop = startPatientTimer(connectMs - beforeCheckMs, judge);
      // A check that fails says what it has to say by its silence.
      void providers[provider]
        .check(model, { apiKey, signal: checking.signal, onActivity })
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
