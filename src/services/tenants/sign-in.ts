import type { Principal } from "../../domain/tenants/api-key.ts";
import type { Clock } from "../../lib/clock.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import { readSession, type SignedIn } from "./read-session.ts";
import type { Sessions } from "./sessions.ts";

/** How long a session lasts whose key does not expire before, ms. */
const SESSION_MS = 12 * 3_600_000;

/** A session that has begun: the text of its cookie, and for how many seconds a browser keeps it. */
export interface BegunSession {
  signed_in: SignedIn;
  cookie: string;
  max_age_s: number;
}

/** Begins a session of a principal that has shown its key. */
export async function signIn(
  deps: Clock & { tenants: Pick<TenantRepository, "find" | "findKey">; sessions: Pick<Sessions, "seal"> },
  principal: Principal,
  key: string,
): Promise<BegunSession> {
  const now = deps.now();
  const signed_in = await readSession(deps, principal, now + SESSION_MS);
  const expires_at = signed_in.expires_at ?? now + SESSION_MS;
  const cookie = await deps.sessions.seal({ key, expires_at });
  return { signed_in, cookie, max_age_s: Math.floor((expires_at - now) / 1000) };
}
