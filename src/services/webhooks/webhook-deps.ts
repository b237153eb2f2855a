import type { EventDelivery } from "../../domain/webhooks/event-delivery.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { EventDeliveryRepository } from "../../storage/webhooks/event-deliveries.ts";
import type { WebhookRepository, WebhookRow } from "../../storage/webhooks/webhook-repository.ts";
import type { Vault } from "../tenants/vault.ts";
import type { SendDeps } from "./send-signed.ts";

/** What the use cases of tenants' webhooks share. */
export interface WebhookDeps extends SendDeps {
  hooks: WebhookRepository;
  deliveries: EventDeliveryRepository;
  tenants: Pick<TenantRepository, "find">;
  vault: Vault;
  /** Wakes the consumers that deliver. A failure does no harm: the sweep wakes them again. */
  wake(deliveries: readonly EventDelivery[]): Promise<void>;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, webhook: string, error: unknown): void;
}

type SecretDeps = Pick<WebhookDeps, "tenants" | "vault">;

/** Encrypts a webhook's secret for its row. */
export async function sealSecret(deps: SecretDeps, tenantId: string, name: string, secret: string): Promise<string> {
  return deps.vault.seal(await dataKey(deps, tenantId), tenantId, placeOf(tenantId, name), secret);
}

/** Decrypts a webhook's secret. */
export async function openSecret(deps: SecretDeps, { tenant_id, name, secret }: WebhookRow): Promise<string> {
  return deps.vault.open(await dataKey(deps, tenant_id), tenant_id, placeOf(tenant_id, name), secret);
}

async function dataKey({ tenants }: SecretDeps, tenantId: string): Promise<string> {
  const tenant = await tenants.find(tenantId);
  if (!tenant) throw new Error("a webhook without its tenant");
  return tenant.wrapped_data_key;
}

/** The associated data of a sealed secret: a ciphertext of another row does not open. */
function placeOf(tenantId: string, name: string): string {
  return `tenant-webhook|${tenantId}|${name}`;
}
