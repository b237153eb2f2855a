import type { Candidate } from "../../domain/completions/candidate.ts";
import type { Message, ProviderName } from "../../domain/completions/completion.ts";
import { invalid } from "../../domain/errors.ts";
import { AUTO_MODEL, modelsOfTier, type Tier, tierOf } from "../../domain/completions/model-tiers.ts";
import { DEFAULT_MODEL, resolveModel } from "../../domain/completions/models.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import {
  declaredComplexity,
  type QualityHistory,
  type Routing,
  routeByScore,
} from "../../domain/completions/routing.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";

/** An execution whose models are to be found. `model` and `models` are the caller's wish, which goes before the prompt's own models. */
export interface RouteRequest {
  tenant_id: string;
  prompt_name: string;
  definition: PromptDefinition;
  /** Rendered. */
  messages: readonly Message[];
  model?: string;
  models?: readonly string[];
}

/** The candidates in the order they are tried; `routing` where `auto` was among the names. */
export interface Route {
  candidates: Candidate[];
  routing?: Routing;
}

/** What {@link createRouteModel} needs. `quality` answers at once, from what is known already. */
export interface RouteModelDeps {
  keysFor(tenantId: string, provider: ProviderName): Promise<readonly unknown[]>;
  quality(tenantId: string, promptName: string): QualityHistory | undefined;
}

/**
 * Finds the candidates of an execution: the models that the caller ranks, or those that the prompt does; `auto` stands for what its score chooses.
 * Models whose provider has no key are passed over. Throws `validation_error` where none is left, a name is unknown, or both `model` and `models` are given.
 */
export type RouteModel = (request: RouteRequest) => Promise<Route>;

/** The service. */
export function createRouteModel(deps: RouteModelDeps): RouteModel {
  return async function routeModel(request) {
    const names = wantedNames(request);
    const routing = names.some(({ name }) => name === AUTO_MODEL) ? decide(deps, request) : undefined;
    const models = names.flatMap(({ name, path }) => {
      if (name === AUTO_MODEL && routing) return candidatesOf(routing.choice);
      const found = resolveModel(name);
      if (!found) throw invalid([{ path, message: `\`${name}\` is not a model of a known provider` }]);
      return [{ provider: found.provider, model: found.model }];
    });
    const candidates = await withKeys(deps, request.tenant_id, models);
    return routing ? { candidates, routing } : { candidates };
  };
}

function wantedNames({ model, models, definition }: RouteRequest): { name: string; path: string }[] {
  if (model !== undefined && models !== undefined) {
    throw invalid([{ path: "models", message: "give either `model` or `models`, not both" }]);
  }
  if (models !== undefined) return models.map((name, at) => ({ name, path: `models.${at}` }));
  if (model !== undefined) return [{ name: model, path: "model" }];
  const own = definition.models.length > 0 ? definition.models : [DEFAULT_MODEL];
  return own.map((name) => ({ name, path: "model" }));
}

function decide(deps: RouteModelDeps, { tenant_id, prompt_name, definition, messages }: RouteRequest): Routing {
  return routeByScore({
    estimated_tokens: estimateTokens(messages),
    messages: messages.length,
    variables: Object.values(definition.variables),
    complexity: declaredComplexity(definition),
    output_schema: definition.output_schema,
    quality: deps.quality(tenant_id, prompt_name),
  });
}

/** The tier that was chosen, and the other one behind it: that a limit is reached is no reason to pay another price than the score's, or to get another quality. */
function candidatesOf(choice: Tier): Candidate[] {
  return modelsOfTier(choice).map((each) => (tierOf(each.model) === choice ? each : { ...each, standby: true }));
}

/** Each candidate once, where it was named first; one that was also named without standby is none. */
function distinct(all: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  for (const { provider, model, standby } of all) {
    const name = `${provider}/${model}`;
    const known = first.get(name);
    const waits = standby && (known === undefined || known.standby);
    first.set(name, waits ? { provider, model, standby } : { provider, model });
  }
  return [...first.values()];
}

async function withKeys(deps: RouteModelDeps, tenantId: string, models: Candidate[]): Promise<Candidate[]> {
  const providers = [...new Set(models.map(({ provider }) => provider))];
  const counts = await Promise.all(providers.map(async (provider) => (await deps.keysFor(tenantId, provider)).length));
  const usable = new Set(providers.filter((_, index) => counts[index] !== 0));
  const candidates = distinct(models).filter(({ provider }) => usable.has(provider));
  if (candidates.length > 0) return candidates;
  const hint = `no API key for ${providers.join(" or ")}: PUT /v1/providers/${providers[0]}/keys/{name}`;
  throw invalid([{ path: "model", message: hint }]);
}
