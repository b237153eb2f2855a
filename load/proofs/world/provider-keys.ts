import type { ProviderName } from "../../../src/domain/completions/completion.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";

/** The keys of each tenant at each provider. */
const KEYS: Record<ProviderName, Omit<ProviderKey, "name" | "secret" | "configured_at">[]> = {
  openai: [
    { version: 1, weight: 1, rpm: 240, tpm: 400_000, max_concurrency: 8 },
    { version: 1, weight: 1, rpm: 120, tpm: 200_000, max_concurrency: 4 },
  ],
  anthropic: [{ version: 1, weight: 1, rpm: 120, tpm: 400_000, max_concurrency: 6 }],
};

/**
 * The keys of a tenant at a provider, in a copy that was read at this time. Their names are unlike
 * those of any other tenant.
 */
export function keysOf(tenant: string, provider: ProviderName, configured_at = 0): ProviderKey[] {
  return KEYS[provider].map((limits, index) => {
    const name = `${tenant}-${provider}-${index + 1}`;
    return { ...limits, configured_at, name, secret: name };
  });
}
