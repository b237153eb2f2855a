import type { Candidate } from "../../domain/completions/candidate.ts";
import { type OwnPrices, ownPrice } from "../../domain/completions/tenant-price.ts";
import { accountObjectPath } from "../../domain/completions/account-objects.ts";
import type { CompletionParameters, ProviderName } from "../../domain/completions/completion.ts";
import type { Message } from "../../domain/completions/message.ts";
import type { Tool } from "../../domain/completions/tools.ts";
import { AppError, invalid } from "../../domain/errors.ts";
import { AUTO_MODEL, type ModelTier, modelsOfTier, tierOf } from "../../domain/completions/model-tiers.ts";
import { DEFAULT_MODEL, resolveModel } from "../../domain/completions/models.ts";
import type { Relay } from "../../domain/completions/relay.ts";
import { parseUpstreamModel } from "../../domain/completions/upstream.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import {
  declaredComplexity,
  type QualityHistory,
  routeByScore,
  type RoutingDecision,
} from "../../domain/completions/routing.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import { keepers } from "./keepers.ts";
import type { TenantPrices } from "../tenants/tenant-prices.ts";
import type { Upstreams } from "../tenants/upstreams.ts";

/**
 * An execution that needs candidates. The caller's `model` or `models` take precedence over the
 * prompt's models.
 */
export interface ModelRouteRequest {
  tenant_id: string;
  prompt_name: string;
  definition: PromptDefinition;
  /** The rendered messages. */
  messages: Message[];
  parameters?: CompletionParameters;
  tools?: readonly Tool[];
  model?: string;
  models?: readonly string[];
  /** What a client of a door sent, which names models as their providers do. */
  relay?: Relay;
}

/** The candidates of an execution, in the order in which they are tried. */
export interface ModelRoute {
  candidates: Candidate[];
  /** How `auto` was resolved, where it was one of the names. */
  routing?: RoutingDecision;
}

/** What {@link createRouteModel} needs. `quality` answers from memory, without I/O. */
export interface RouteModelDeps {
  keysFor(tenantId: string, provider: ProviderName): Promise<readonly { name: string }[]>;
  pricesOf: TenantPrices["pricesOf"];
  upstreamsOf: Upstreams["upstreamsOf"];
  quality(tenantId: string, promptName: string): QualityHistory | undefined;
}

/**
 * Finds the candidates of an execution: the models that the caller names, else those of the prompt.
 * `auto` stands for the models of the tier that its score chooses. Models whose provider has no key
 * are left out. Throws `validation_error` where no model is left, where a name is unknown, or where
 * both `model` and `models` are given.
 */
export type RouteModel = (request: ModelRouteRequest) => Promise<ModelRoute>;

/** Creates the function that routes executions to models. */
export function createRouteModel(deps: RouteModelDeps): RouteModel {
  return async function routeModel(request) {
    const names = modelNames(request);
    const keepsRetired = request.relay?.body !== undefined;
    const routing = names.some(({ name }) => name === AUTO_MODEL) ? resolveAuto(deps, request) : undefined;
    const models = names.map(async ({ name, path }) => {
      if (name === AUTO_MODEL && routing) return candidatesOf(routing.choice);
      const candidate = await candidateOf(deps, request.tenant_id, name, { keepsRetired });
      if (!candidate) throw unknownModel(name, path, request);
      return [candidate];
    });
    const usable = await withKeys(deps, request.tenant_id, (await Promise.all(models)).flat());
    const state = request.relay?.state ?? namedObject(request);
    const candidates = state ? await keepers(deps, request.tenant_id, state, usable) : usable;
    return routing ? { candidates, routing } : { candidates };
  };
}

/** What the request names of an account's, which only a key of the tenant's own may reach. */
function namedObject(request: ModelRouteRequest): Relay["state"] {
  const path = accountObjectPath(request);
  return path === undefined ? undefined : { path };
}

/** The candidate that a name stands for; undefined where it names no provider of the tenant's. */
export async function candidateOf(
  deps: Pick<RouteModelDeps, "upstreamsOf">,
  tenantId: string,
  name: string,
  options: { keepsRetired?: boolean } = {},
): Promise<Candidate | undefined> {
  const named = parseUpstreamModel(name);
  if (named) {
    const upstream = (await deps.upstreamsOf(tenantId)).find((each) => each.name === named.provider);
    return upstream && { ...named, upstream: { kind: upstream.kind, base_url: upstream.base_url } };
  }
  const resolved = resolveModel(name, options);
  return resolved ? { provider: resolved.provider, model: resolved.model } : undefined;
}

/** The model names to resolve, each with its path in the request. */
function modelNames({ model, models, definition, relay }: ModelRouteRequest): { name: string; path: string }[] {
  if (model !== undefined && models !== undefined) {
    throw invalid([{ path: "models", message: "give either `model` or `models`, not both" }]);
  }
  if (models !== undefined) {
    // The body of a door has a model, and those that take over come after it.
    const pathOf = (index: number) => (relay?.body && index === 0 ? "model" : `models.${index}`);
    return models.map((name, index) => ({ name, path: pathOf(index) }));
  }
  if (model !== undefined) return [{ name: model, path: "model" }];
  const ofPrompt = definition.models.length > 0 ? definition.models : [DEFAULT_MODEL];
  return ofPrompt.map((name) => ({ name, path: "model" }));
}

/** A client of a door is told as by its provider, for whom there is no such model. */
function unknownModel(name: string, path: string, { relay }: ModelRouteRequest): AppError {
  const fault = { path, message: `\`${name}\` is not a model of a known provider` };
  if (!relay?.body || path !== "model") return invalid([fault]);
  return new AppError("not_found", `${path}: ${fault.message}`, { errors: [fault] });
}

function resolveAuto(deps: RouteModelDeps, request: ModelRouteRequest): RoutingDecision {
  const { tenant_id, prompt_name, definition, messages, tools } = request;
  return routeByScore({
    estimated_tokens: estimateTokens(messages, tools),
    messages: messages.length,
    variables: Object.values(definition.variables),
    complexity: declaredComplexity(definition),
    output_schema: definition.output_schema,
    quality: deps.quality(tenant_id, prompt_name),
  });
}

/**
 * The models of the chosen tier, then those of the other tier on standby. A rate limit is no reason
 * to pay another price, or to get another quality, than the score chose.
 */
function candidatesOf(choice: ModelTier): Candidate[] {
  return modelsOfTier(choice).map((model) => (tierOf(model.model) === choice ? model : { ...model, standby: true }));
}

/** Removes repeated candidates. One that is also named without standby is not on standby. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const byName = new Map<string, Candidate>();
  for (const { standby, ...candidate } of candidates) {
    const name = `${candidate.provider}/${candidate.model}`;
    const earlier = byName.get(name);
    const staysOnStandby = standby && (earlier === undefined || earlier.standby);
    byName.set(name, staysOnStandby ? { ...candidate, standby } : candidate);
  }
  return [...byName.values()];
}

/** The models whose provider has a key, without repetition, each with the tenant's own price. */
async function withKeys(deps: RouteModelDeps, tenantId: string, models: Candidate[]): Promise<Candidate[]> {
  const providers = [...new Set(models.map(({ provider }) => provider))];
  // Prices and keys are parts of one record: once it was read for the prices, memory has it.
  const prices = await deps.pricesOf(tenantId);
  const keyCounts = await Promise.all(
    providers.map(async (provider) => (await deps.keysFor(tenantId, provider)).length),
  );
  const usable = new Set(providers.filter((_, index) => keyCounts[index] !== 0));
  const candidates = distinct(models).filter(({ provider }) => usable.has(provider));
  if (candidates.length > 0) return candidates.map((candidate) => withPrice(candidate, prices));
  const hint = `no API key for ${providers.join(" or ")}: PUT /v1/providers/${providers[0]}/keys/{name}`;
  throw invalid([{ path: "model", message: hint }]);
}

function withPrice(candidate: Candidate, prices: OwnPrices): Candidate {
  const price = ownPrice(prices, candidate.provider, candidate.model);
  return price ? { ...candidate, price } : candidate;
}
