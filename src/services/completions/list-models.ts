import { PROVIDERS, type ProviderName } from "../../domain/completions/completion.ts";
import { AUTO_MODEL } from "../../domain/completions/model-tiers.ts";
import { toAppError } from "../../domain/errors.ts";
import type { Upstreams } from "../tenants/upstreams.ts";
import { askProvider, type AskProviderDeps } from "./ask-provider.ts";

/** What {@link listModels} needs. */
export interface ListModelsDeps extends AskProviderDeps {
  upstreamsOf: Upstreams["upstreamsOf"];
}

/** A model that a tenant can name, as its provider describes it. `created` in Unix seconds. */
export interface ListedModelFacts extends Record<string, unknown> {
  id: string;
  created: number;
  owned_by: string;
}

/**
 * The models of all providers that the tenant has a key for, each by the name that a request takes,
 * and `auto`. A provider that does not answer is left out, unless none does: then its error is
 * thrown.
 */
export async function listModels(deps: ListModelsDeps, tenantId: string): Promise<ListedModelFacts[]> {
  const upstreams = await deps.upstreamsOf(tenantId);
  const providers = [
    ...PROVIDERS.map((provider) => ({ provider, kind: provider, prefix: "" })),
    ...upstreams.map(({ name, kind }) => ({ provider: name, kind, prefix: `${name}/` })),
  ];
  const asked = await Promise.all(providers.map(async (each) => modelsOf(deps, tenantId, each)));
  const answered = asked.filter((each) => Array.isArray(each));
  const [failure] = asked.filter((each) => each instanceof Error);
  if (failure && answered.length === 0) throw failure;
  return [{ id: AUTO_MODEL, created: 0, owned_by: "pbt-edge" }, ...answered.flat()];
}

/** Undefined where the tenant has no key there; an error where the provider does not answer. */
async function modelsOf(
  deps: ListModelsDeps,
  tenant_id: string,
  { provider, kind, prefix }: { provider: ProviderName; kind: string; prefix: string },
): Promise<ListedModelFacts[] | Error | undefined> {
  if ((await deps.keysFor(tenant_id, provider)).length === 0) return undefined;
  const path = kind === "anthropic" ? "/v1/models?limit=1000" : "/models";
  try {
    const { status, body } = await askProvider(deps, { tenant_id, provider, request: { method: "GET", path } });
    const { data } = JSON.parse(body) as { data?: unknown };
    if (status !== 200 || !Array.isArray(data)) return [];
    return data.flatMap((model: unknown) => described(model, prefix, provider));
  } catch (error) {
    return toAppError(error);
  }
}

function described(model: unknown, prefix: string, provider: string): ListedModelFacts[] {
  if (typeof model !== "object" || model === null || !("id" in model) || typeof model.id !== "string") return [];
  const facts = model as Record<string, unknown>;
  const made = Date.parse(String(facts["created_at"]));
  const created = typeof facts["created"] === "number" ? facts["created"] : Math.floor((made || 0) / 1000);
  const owned_by = typeof facts["owned_by"] === "string" ? facts["owned_by"] : provider;
  return [{ ...facts, id: prefix + model.id, created, owned_by }];
}
