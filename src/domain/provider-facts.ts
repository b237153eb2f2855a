/**
 * What a failure of a provider says beyond its own call: whom the fact is about, and what may still
 * help. `time`: the same call later. `key`: another key, or another model, but no repetition.
 * `model`: another model only.
 */
export const PROVIDER_FACTS = {
  /** The account does not accept the key. */
  credentials: { about: "key", remedy: "key" },
  /** The account has no money or allowance left. */
  quota: { about: "key", remedy: "key" },
  /** The model does not exist for the key. */
  model_access: { about: "key and model", remedy: "key" },
  /** The model's own limit for the key is reached. */
  model_limit: { about: "key and model", remedy: "time" },
  /** The request alone is larger than the key's minute. */
  over_minute: { about: "key and request", remedy: "key" },
  /** The request refers to what another account keeps, such as an earlier response. */
  other_account: { about: "key and request", remedy: "key" },
  /** The model cannot take the request, such as one that is longer than its context. */
  unfit: { about: "model and request", remedy: "model" },
  /** The provider asks for the call not to be repeated (`x-should-retry: false`). */
  no_repeat: { about: "request", remedy: "key" },
} as const;

/** One of {@link PROVIDER_FACTS}. */
export type ProviderFact = keyof typeof PROVIDER_FACTS;

/** Whether a fact is about a key's account, so that all calls with the key fail. */
export function isAboutAccount(fact: ProviderFact | undefined): fact is "credentials" | "quota" {
  return fact === "credentials" || fact === "quota";
}

/** What may still help after a failure with this fact; `time` after one without. */
export function remedyOf(fact: ProviderFact | undefined): "time" | "key" | "model" {
  return fact === undefined ? "time" : PROVIDER_FACTS[fact].remedy;
}
