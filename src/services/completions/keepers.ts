import type { Candidate } from "../../domain/completions/candidate.ts";
import { isBuiltIn, type ProviderName } from "../../domain/completions/completion.ts";
import type { Relay } from "../../domain/completions/relay.ts";
import { invalid } from "../../domain/errors.ts";

/** What {@link keepers} needs. */
export interface KeepersDeps {
  keysFor(tenantId: string, provider: ProviderName): Promise<readonly { name: string }[]>;
}

/**
 * The candidates that can go on from what a provider keeps. Throws `validation_error` where the key
 * that has it is gone, and where only the deployment's keys are left: other tenants call with them,
 * too, and must not reach each other's conversations.
 */
export async function keepers(
  deps: KeepersDeps,
  tenantId: string,
  { path, keeper }: NonNullable<Relay["state"]>,
  candidates: readonly Candidate[],
): Promise<Candidate[]> {
  const kept = candidates.filter(({ provider }) => !keeper || provider === keeper.provider);
  const [first] = kept;
  if (!first)
    throw invalid([
      { path, message: `is kept at ${keeper?.provider ?? "no provider"}, which no model of the request is at` },
    ]);
  const names = await Promise.all(
    kept.map(async (each) => (await deps.keysFor(tenantId, each.provider)).map(({ name }) => name)),
  );
  if (keeper && !names[0]?.includes(keeper.key)) {
    throw invalid([{ path, message: `is kept by the key \`${keeper.key}\` of ${first.provider}, which is gone` }]);
  }
  // Each of them, because any of them may be called in the end.
  const own = kept.filter(({ provider }, at) => !isBuiltIn(provider) || !names[at]?.every(isOfDeployment));
  if (own.length > 0) return own;
  const put = `PUT /v1/providers/${first.provider}/keys/{name}`;
  throw invalid([{ path, message: `needs a key of your own, because the deployment's are shared: ${put}` }]);
}

/** Names of tenants' keys cannot begin so. */
function isOfDeployment(name: string): boolean {
  return name.startsWith("_");
}
