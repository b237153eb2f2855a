import { isMap, type LeftOuts } from "./imported-tests.ts";

/** `openai:gpt-4o`, `openai:chat:gpt-4o`, `anthropic:messages:claude-…`. */
const PROVIDER = /^(openai|anthropic):(?:(?:chat|responses|completion|embedding|embeddings|messages):)?([\w.:-]+)$/;

/**
 * The model that a provider of promptfoo means, as we name it; undefined, and noted, for others.
 */
export function toModel(provider: unknown, path: string, left: LeftOuts): string | undefined {
  if (isMap(provider)) {
    const { id, label: _label, ...rest } = provider;
    left.addRest(rest, path, "settings of a model belong into the prompt's `settings`");
    return toModel(id, path, left);
  }
  const [, vendor, model] = (typeof provider === "string" && PROVIDER.exec(provider)) || [];
  if (vendor !== undefined && model !== undefined) return `${vendor}/${model}`;
  return left.add(path, "is no model of OpenAI or Anthropic: name one of an upstream yourself, as `upstream/model`");
}
