import type { ProviderName } from "./completion.ts";
import type { TenantPrice } from "./tenant-price.ts";
import type { Upstream } from "./upstream.ts";

/**
 * One way to make a completion: a model of a provider. A candidate on `standby` takes over when
 * those before it fail, but not when they only have no room.
 */
export interface Candidate {
  provider: ProviderName;
  model: string;
  /** Where the provider is, if it is an upstream of the tenant's own. */
  upstream?: Upstream;
  standby?: true;
  /** What the tenant pays for it, if that is not the list price. */
  price?: TenantPrice;
}
