import { type BuiltInProvider, PROVIDERS, type ProviderName } from "./completion.ts";

/**
 * The model that a name stands for. `warning` is a sentence for the author where a retired name was
 * replaced.
 */
interface ResolvedModel {
  provider: BuiltInProvider;
  model: string;
  warning?: string;
}

/** The model of a prompt that names none: the cheapest current one in the price table. */
export const DEFAULT_MODEL = "gpt-6-luna";

/**
 * The id prefixes of each provider. Matching ids pass unchanged, so that a new model needs no
 * release of ours.
 */
const ID_PREFIXES: Record<BuiltInProvider, RegExp> = {
  openai: /^(?:gpt-|chatgpt-|o\d|text-embedding-)/,
  anthropic: /^claude-/,
};

/**
 * Retired model ids, and marketing names that were never ids, each with its current replacement.
 * Sources: the deprecation list in the openai SDK's `ChatModel` (7.57.0; shut down by 2026-10-23),
 * and the models that @anthropic-ai/sdk 1.14.0 no longer lists. Every replacement is in the SDK's
 * model type and in our price table.
 */
const ALIASES = new Map([
  ["claude", "claude-sonnet-5"],
  ["claude-v1", "claude-sonnet-5"],
  ["claude-1", "claude-sonnet-5"],
  ["claude-2", "claude-sonnet-5"],
  ["claude-2.0", "claude-sonnet-5"],
  ["claude-2.1", "claude-sonnet-5"],
  ["claude-instant", "claude-haiku-5-5"],
  ["claude-instant-1", "claude-haiku-5-5"],
  ["claude-instant-1.2", "claude-haiku-5-5"],
  ["claude-3", "claude-sonnet-5"],
  ["claude-3-opus", "claude-opus-5-5"],
  ["claude-3-sonnet", "claude-sonnet-5"],
  ["claude-3-haiku", "claude-haiku-5-5"],
  ["claude-3-5-sonnet", "claude-sonnet-5"],
  ["claude-3.5-sonnet", "claude-sonnet-5"],
  ["claude-3-5-haiku", "claude-haiku-5-5"],
  ["claude-3-7-sonnet", "claude-sonnet-5"],
  ["claude-opus-4", "claude-opus-5-5"],
  ["claude-opus-4-0", "claude-opus-5-5"],
  ["claude-opus-4-1", "claude-opus-5-5"],
  ["claude-sonnet-4", "claude-sonnet-5"],
  ["claude-sonnet-4-0", "claude-sonnet-5"],
  ["gpt-4", "gpt-6-sol"],
  ["gpt-4-32k", "gpt-6-sol"],
  ["gpt-4-turbo", "gpt-6-sol"],
  ["gpt-4-vision", "gpt-6-sol"],
  ["gpt-4.1-nano", "gpt-6-luna"],
  ["gpt-4o-2024-05-13", "gpt-6-sol"],
  ["chatgpt-4o", "gpt-6-sol"],
  ["gpt-3.5-turbo", "gpt-6-luna"],
  ["gpt-3.5-turbo-16k", "gpt-6-luna"],
  ["gpt-35-turbo", "gpt-6-luna"],
  ["gpt-35-turbo-16k", "gpt-6-luna"],
  ["o1", "gpt-6-sol"],
  ["o1-mini", "gpt-6-luna"],
  ["o3-mini", "gpt-6-luna"],
  ["o4-mini", "gpt-6-luna"],
]);

/**
 * The suffix of a snapshot: `-latest`, `-preview` or a date. A retired name with a suffix is still
 * retired.
 */
const SNAPSHOT_SUFFIX = /(?:-(?:latest|preview|\d{4}-\d{2}-\d{2}|\d{8}|\d{4})){1,4}$/;

/**
 * Resolves a model name to a provider and a model id. A name with an `openai/…` or `anthropic/…`
 * prefix may have any id that is not the other provider's. Null where no provider is known for the
 * name; that includes `auto`, which routing resolves. `keepsRetired`: a retired name is not
 * replaced, for a client that wants what the provider would say.
 */
export function resolveModel(name: string, { keepsRetired = false } = {}): ResolvedModel | null {
  const [, prefix, rest] = /^(?:(openai|anthropic)\/)?([\w.:-]+)$/i.exec(name.trim()) ?? [];
  if (rest === undefined) return null;
  const prefixed = PROVIDERS.find((provider) => provider === prefix?.toLowerCase());
  // The id of a fine-tuned model is case-sensitive.
  if (rest.startsWith("ft:")) return prefixed === "anthropic" ? null : { provider: "openai", model: rest };
  const id = rest.toLowerCase();
  const target = ALIASES.get(id) ?? ALIASES.get(id.replace(SNAPSHOT_SUFFIX, ""));
  const provider = providerOf(target ?? id) ?? prefixed;
  if (provider === undefined || (prefixed !== undefined && prefixed !== provider)) return null;
  // An id that is not the provider's own is one of a compatible server, to be passed as it is.
  if (target === undefined || keepsRetired) return { provider, model: providerOf(id) === undefined ? rest : id };
  return { provider, model: target, warning: `The model "${id}" is no longer offered; "${target}" is used instead.` };
}

/**
 * The retired names, each with its replacement. Tests check the replacements against the price
 * table.
 */
export function modelAliases(): ReadonlyArray<readonly [name: string, target: string]> {
  return [...ALIASES];
}

/**
 * Anthropic models that go on with an assistant's message at the end of the conversation. From Opus
 * 4.6 on they refuse one. Source: platform.claude.com/docs, migration guide ("Prefill removal").
 */
const ANTHROPIC_WITH_PREFILL = /^claude-(?:[0-3]|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:-\d{8})?$)/;

/**
 * Whether the model is known to refuse a conversation that ends with a message of the assistant.
 */
export function refusesPrefill(provider: ProviderName, model: string): boolean {
  return provider === "anthropic" && !ANTHROPIC_WITH_PREFILL.test(model);
}

function providerOf(id: string): BuiltInProvider | undefined {
  if (ID_PREFIXES.openai.test(id)) return "openai";
  return ID_PREFIXES.anthropic.test(id) ? "anthropic" : undefined;
}
