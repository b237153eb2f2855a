import type { ProviderName } from "../domain/completion.ts";
import { invalid } from "../domain/errors.ts";
import { DEFAULT_MODEL, resolveModel } from "../domain/models.ts";

/** One way to make a completion: a model of a provider under one secret key. */
export interface Candidate {
  provider: ProviderName;
  model: string;
  apiKey: string;
}

/** The most calls that one execution makes before it gives up. */
export const MAX_ATTEMPTS = 5;

/**
 * The candidates of an execution in the order they are tried: the models as the prompt ranks them (or the one that the caller asked for), and for each its
 * provider's keys. Models whose provider has no key are passed over; 422 where none is left or a name is unknown.
 */
export async function routeModel(
  wanted: { model?: string; models: string[] },
  secretsFor: (provider: ProviderName) => Promise<string[]>,
): Promise<Candidate[]> {
  const names =
    wanted.model !== undefined ? [wanted.model] : wanted.models.length > 0 ? wanted.models : [DEFAULT_MODEL];
  const models = names.map((name) => {
    const found = resolveModel(name);
    if (!found) throw invalid([{ path: "model", message: `\`${name}\` is not a model of a known provider` }]);
    return found;
  });
  const providers = [...new Set(models.map((model) => model.provider))];
  const secrets = new Map(
    await Promise.all(providers.map(async (provider) => [provider, await secretsFor(provider)] as const)),
  );
  const candidates = models.flatMap(({ provider, model }) =>
    (secrets.get(provider) ?? []).map((apiKey) => ({ provider, model, apiKey })),
  );
  if (candidates.length === 0) {
    const hint = `no API key for ${providers.join(" or ")}: PUT /v1/providers/${providers[0]}/keys/{name}`;
    throw invalid([{ path: "model", message: hint }]);
  }
  return candidates.slice(0, MAX_ATTEMPTS);
}
