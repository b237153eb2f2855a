import type { ProviderName } from "../../domain/completions/completion.ts";
import type { FreeCallSettings } from "../../domain/gate/client/free-calls.ts";
import type { GateObject, Purpose } from "../../domain/gate/protocol/messages.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { ProviderKey } from "../tenants/provider-keys.ts";
import type { Admission, AdmitCall } from "./admission.ts";
import type { AuthorityDeps } from "./ask-authority.ts";
import { GateSession } from "./gate-session.ts";

/**
 * Admits a call to a tenant's provider: out of a lease that this isolate holds, without one where
 * nothing is limited, or after it asked the gate. Throws AppError `rate_limit_error` where the
 * limits leave no room in time, and `provider_overloaded` where no key is fit; both carry a
 * Retry-After.
 */
export type Admit = (call: AdmitCall) => Promise<Admission>;

/** What {@link createAdmit} needs. */
export interface AdmitDeps extends AuthorityDeps {
  gateOf(tenantId: string, provider: ProviderName, purpose: Purpose): GateObject;
  /** A tenant's keys at a provider as the database has them now. */
  newestKeys(tenantId: string, provider: ProviderName): Promise<ProviderKey[]>;
  /** An id that no other isolate makes. */
  newId(): string;
  /** Without it every call needs a lease. */
  freeCalls?: FreeCallSettings;
}

/** Gates that an isolate deals with at a time. Only sessions that hold nothing are forgotten. */
const MAX_SESSIONS = 1_000;

/** Builds {@link Admit} with a session for each tenant, provider and purpose. */
export function createAdmit(deps: AdmitDeps): Admit {
  const sessions = new LruMap<string, GateSession>({
    maxEntries: MAX_SESSIONS,
    mayEvict: (session) => session.isIdle(),
  });

  function sessionOf({ tenant_id, provider, purpose }: AdmitCall): GateSession {
    const name = `${tenant_id}/${provider}/${purpose}`;
    const known = sessions.get(name);
    if (known) return known;
    const gate = () => deps.gateOf(tenant_id, provider, purpose);
    const newestKeys = async () => deps.newestKeys(tenant_id, provider);
    const session = new GateSession({ ...deps, gate, newestKeys }, deps.newId(), purpose);
    sessions.set(name, session);
    return session;
  }

  return async function admit(call) {
    return sessionOf(call).admit(call);
  };
}
