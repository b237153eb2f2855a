import type { ProviderName } from "../domain/completion.ts";
import { invalid } from "../domain/errors.ts";
import { DEFAULT_MODEL, resolveModel } from "../domain/models.ts";

/** One way to make a completion: a model of a provider. */
export interface Candidate {
  provider: ProviderName;
  model: string;
}

/**
 * The candidates of an execution in the order they are tried: the models as the prompt ranks them, or the one that the caller asked for.
 * Models whose provider has no key are passed over; 422 where none is left or a name is unknown.
 */
export async function routeModel(
  wanted: { model?: string; models: string[] },
  keysFor: (provider: ProviderName) => Promise<readonly unknown[]>,
): Promise<Candidate[]> {
  const names =
    wanted.model !== undefined ? [wanted.model] : wanted.models.length > 0 ? wanted.models : [DEFAULT_MODEL];
  const models = names.map((name) => {
    const found = resolveModel(name);
    if (!found) throw invalid([{ path: "model", message: `\`${name}\` is not a model of a known provider` }]);
    return found;
  });
  const providers = [...new Set(models.map((model) => model.provider))];
  const counts = await Promise.all(providers.map(async (provider) => (await keysFor(provider)).length));
  const usable = new Set(providers.filter((_, index) => counts[index] !== 0));
  const candidates = models.flatMap(({ provider, model }) => (usable.has(provider) ? [{ provider, model }] : []));
  if (candidates.length === 0) {
    const hint = `no API key for ${providers.join(" or ")}: PUT /v1/providers/${providers[0]}/keys/{name}`;
    throw invalid([{ path: "model", message: hint }]);
  }
  return candidates;
}
