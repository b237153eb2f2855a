import { type BuiltInProvider, isBuiltIn, type ProviderName } from "../../domain/completions/completion.ts";
import { requireWire } from "../../domain/completions/upstream.ts";
import { AppError } from "../../domain/errors.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { Forward, ForwardedReply, ForwardedRequest } from "../../providers/forward.ts";
import type { ProviderKeys } from "../tenants/provider-keys.ts";

/** What {@link askProvider} needs. */
export interface AskProviderDeps {
  keysFor: ProviderKeys["keysFor"];
  forward: Record<BuiltInProvider, Forward>;
  /** The longest that a provider may take, in ms. */
  timeoutMs: number;
}

/** A request that costs nothing, for a provider of the tenant's. */
export interface ProviderQuestion {
  tenant_id: string;
  provider: ProviderName;
  /** The key to ask with; any where absent. */
  key?: string;
  /**
   * Whether only a key of the tenant's own may ask: what it asks for belongs to the key's account.
   */
  isOwn?: boolean;
  request: ForwardedRequest;
}

/**
 * Sends a request on to a provider, with a key of the tenant's. Throws `not_found` where there is
 * no such key, and what `Forward` throws.
 */
export async function askProvider(deps: AskProviderDeps, question: ProviderQuestion): Promise<ForwardedReply> {
  const { tenant_id, provider, request } = question;
  const keys = await deps.keysFor(tenant_id, provider);
  const key = keys.find((each) => mayAsk(each, question));
  if (!key) throw noKey(question);
  const late = () => new AppError("timeout", `${provider} did not answer within ${deps.timeoutMs} ms.`);
  const deadline = startDeadline(deps.timeoutMs, late);
  try {
    const forward = deps.forward[requireWire({ provider, upstream: key.upstream })];
    return await forward(request, { apiKey: key.secret, upstream: key.upstream, signal: deadline.signal });
  } finally {
    deadline.clear();
  }
}

/** The names of the deployment's keys, which other tenants call with, too, begin with `_`. */
function mayAsk({ name }: { name: string }, { provider, key, isOwn = false }: ProviderQuestion): boolean {
  if (isOwn && isBuiltIn(provider) && name.startsWith("_")) return false;
  return key === undefined || name === key;
}

function noKey({ provider, key, isOwn }: ProviderQuestion): AppError {
  if (key !== undefined) return new AppError("not_found", `The key \`${key}\` of ${provider} that has it is gone.`);
  const whose = isOwn ? "There is no key of your own" : "There is no key";
  return new AppError("not_found", `${whose} for ${provider}: PUT /v1/providers/${provider}/keys/{name}`);
}
