import type { BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";

/** The keys of each tenant at each provider. */
const KEYS: Record<BuiltInProvider, Omit<ProviderKey, "name" | "secret" | "configured_at">[]> = {
  openai: [
    { version: 1, weight: 1, rpm: 240, tpm: 400_000, max_concurrency: 8 },
    { version: 1, weight: 1, rpm: 120, tpm: 200_000, max_concurrency: 4 },
  ],
  anthropic: [{ version: 1, weight: 1, rpm: 120, tpm: 400_000, max_concurrency: 6 }],
};

const UNLIMITED = { rpm: null, tpm: null, max_concurrency: null };

/** Reads the keys of a tenant at a provider, as a copy of this time. */
export type ReadKeys = (tenant: string, provider: BuiltInProvider, readAt: number) => ProviderKey[];

/**
 * The keys of all tenants but `unlimited` have limits. The names of a tenant's keys are unlike
 * those of any other tenant.
 */
export function createKeys(unlimited: string | null): ReadKeys {
  return (tenant, provider, configured_at) =>
    KEYS[provider].map((limits, index) => {
      const name = `${tenant}-${provider}-${index + 1}`;
      return { ...limits, ...(tenant === unlimited && UNLIMITED), configured_at, name, secret: name };
    });
}

/** All keys of these tenants. */
export function everyKeyOf(keysFor: ReadKeys, tenants: readonly string[]): ProviderKey[] {
  return tenants.flatMap((tenant) => [...keysFor(tenant, "openai", 0), ...keysFor(tenant, "anthropic", 0)]);
}
