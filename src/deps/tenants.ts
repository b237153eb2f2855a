import type { Staleness } from "../cache/records.ts";
import type { Config } from "../config.ts";
import type { Budget } from "../domain/budgets/budget.ts";
import type { BudgetsObject } from "../domain/budgets/protocol/loan-messages.ts";
import { hasJurisdiction, type Jurisdiction } from "../domain/object-names.ts";
import { Authenticator } from "../services/tenants/authenticate.ts";
import { createKey } from "../services/tenants/create-key.ts";
import { createTenant } from "../services/tenants/create-tenant.ts";
import { listKeys } from "../services/tenants/list-keys.ts";
import { Upstreams } from "../services/tenants/upstreams.ts";
import { ProviderKeys } from "../services/tenants/provider-keys.ts";
import { TenantPrices } from "../services/tenants/tenant-prices.ts";
import { readSession } from "../services/tenants/read-session.ts";
import { revokeKey } from "../services/tenants/revoke-key.ts";
import { rotateKey } from "../services/tenants/rotate-key.ts";
import { Sessions } from "../services/tenants/sessions.ts";
import { signIn } from "../services/tenants/sign-in.ts";
import { TenantRecords } from "../services/tenants/tenant-records.ts";
import type { Vault } from "../services/tenants/vault.ts";
import { askBudgetScopes } from "../services/budgets/budgeted-scopes.ts";
import { TenantRecordRepository } from "../storage/tenants/tenant-records.ts";
import { TenantPriceRepository } from "../storage/tenants/tenant-prices.ts";
import { UpstreamRepository } from "../storage/tenants/upstreams.ts";
import { ProviderKeyRepository } from "../storage/tenants/provider-keys.ts";
import type { Shards } from "../storage/shards.ts";
import type { TenantRepository } from "../storage/tenants/tenants.ts";
import { bind } from "./bind.ts";
import type { Caches } from "./caches.ts";
import { clock } from "./runtime.ts";

/** The use cases of tenants, their API keys, their upstreams and their provider keys. */
export type TenantServices = ReturnType<typeof buildTenants>;

/** The parts behind {@link buildTenants}. */
export interface TenantParts {
  shards: Shards;
  tenants: TenantRepository;
  vault: Vault;
  records: Caches["records"];
  staleness: Record<"prompts" | "keys", Staleness>;
  tenantRecords: TenantRecords;
  loadBudgets(tenantId: string): Promise<Budget[]>;
}

/** Builds the records of tenants, which their executions and budgets read. */
export function buildTenantRecords(
  env: Env,
  { shards, records, staleness }: Pick<TenantParts, "shards" | "records" | "staleness">,
): TenantRecords {
  const objectOf = (tenantId: string): BudgetsObject => env.TENANT_BUDGETS.getByName(tenantId);
  const repository = new TenantRecordRepository(shards);
  return new TenantRecords({
    ...clock,
    repository,
    records,
    staleness: staleness.keys,
    budgetScopes: bind(askBudgetScopes, { ...clock, objectOf, keys: repository }),
  });
}

/** Builds the use cases of tenants. */
export function buildTenants(bindings: Env, config: Config, parts: TenantParts) {
  const { shards, tenants, vault, records, staleness, tenantRecords } = parts;
  const { env, keyPepper: pepper, rootKey, providers } = config;
  const loadBudgets = async (tenantId: string) => parts.loadBudgets(tenantId);
  const deps = { ...clock, tenants, vault, records, tenantRecords, env, pepper, loadBudgets };
  const upstreams = new Upstreams({
    ...deps,
    upstreams: new UpstreamRepository(shards),
    allowedOrigins: config.upstreamOrigins,
  });
  const sessions = new Sessions({ ...clock, keyEncryptionKey: config.keyEncryptionKey });
  return {
    upstreams,
    sessions,
    signIn: bind(signIn, { ...deps, sessions }),
    readSession: bind(readSession, deps),
    authenticate: new Authenticator({
      ...deps,
      staleness: staleness.keys,
      rootKey,
      failures: config.failedAuthentications,
    }),
    createTenant: bind(createTenant, { ...deps, hasJurisdiction: hasJurisdictionIn(bindings) }),
    createKey: bind(createKey, deps),
    listKeys: bind(listKeys, deps),
    rotateKey: bind(rotateKey, deps),
    revokeKey: bind(revokeKey, deps),
    prices: new TenantPrices({ ...deps, upstreams, prices: new TenantPriceRepository(shards) }),
    providerKeys: new ProviderKeys({
      ...deps,
      upstreams,
      providerKeys: new ProviderKeyRepository(shards),
      deploymentKeys: { openai: providers.openai.apiKeys, anthropic: providers.anthropic.apiKeys },
    }),
  };
}

function hasJurisdictionIn(env: Env) {
  return (jurisdiction: Jurisdiction) => hasJurisdiction(env.TENANT_BUDGETS, jurisdiction);
}
