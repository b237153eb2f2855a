import type { Staleness } from "../cache/records.ts";
import type { Config } from "../config.ts";
import type { Budget } from "../domain/budgets/budget.ts";
import { Authenticator } from "../services/tenants/authenticate.ts";
import { createKey } from "../services/tenants/create-key.ts";
import { createTenant } from "../services/tenants/create-tenant.ts";
import { listKeys } from "../services/tenants/list-keys.ts";
import { ProviderKeys } from "../services/tenants/provider-keys.ts";
import { TenantPrices } from "../services/tenants/tenant-prices.ts";
import { revokeKey } from "../services/tenants/revoke-key.ts";
import { rotateKey } from "../services/tenants/rotate-key.ts";
import type { Vault } from "../services/tenants/vault.ts";
import { TenantPriceRepository } from "../storage/tenants/tenant-prices.ts";
import { ProviderKeyRepository } from "../storage/tenants/provider-keys.ts";
import type { Shards } from "../storage/shards.ts";
import type { TenantRepository } from "../storage/tenants/tenants.ts";
import { bind } from "./bind.ts";
import type { Caches } from "./caches.ts";
import { clock } from "./runtime.ts";

/** The use cases of tenants, their API keys and their provider keys. */
export type TenantServices = ReturnType<typeof buildTenants>;

/** The parts behind {@link buildTenants}. */
export interface TenantParts {
  shards: Shards;
  tenants: TenantRepository;
  vault: Vault;
  records: Caches["records"];
  staleness: Record<"prompts" | "keys", Staleness>;
  refreshBudgets(tenantId: string): Promise<void>;
  loadBudgets(tenantId: string): Promise<Budget[]>;
}

/** Builds the use cases of tenants. */
export function buildTenants(config: Config, parts: TenantParts) {
  const { shards, tenants, vault, records, staleness } = parts;
  const { env, keyPepper: pepper, rootKey, providers } = config;
  const loadBudgets = async (tenantId: string) => parts.loadBudgets(tenantId);
  const deps = { ...clock, tenants, vault, records, env, pepper, loadBudgets };
  return {
    authenticate: new Authenticator({
      ...deps,
      staleness: staleness.keys,
      rootKey,
      failures: config.failedAuthentications,
    }),
    createTenant: bind(createTenant, deps),
    createKey: bind(createKey, { ...deps, refreshBudgets: async (id) => parts.refreshBudgets(id) }),
    listKeys: bind(listKeys, deps),
    rotateKey: bind(rotateKey, deps),
    revokeKey: bind(revokeKey, deps),
    prices: new TenantPrices({ ...deps, staleness: staleness.prompts, prices: new TenantPriceRepository(shards) }),
    providerKeys: new ProviderKeys({
      ...deps,
      staleness: staleness.prompts,
      providerKeys: new ProviderKeyRepository(shards),
      deploymentKeys: { openai: providers.openai.apiKeys, anthropic: providers.anthropic.apiKeys },
    }),
  };
}
