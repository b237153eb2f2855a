import { type PinnedInclude, type PromptDefinition, type VariableSpec } from "./prompt.ts";

/** A version of a prompt whose template stands in another one's. */
export interface IncludedPrompt {
  name: string;
  version: number;
  /** Its template, in which what it includes itself stands already. */
  text: string;
  variables: Record<string, VariableSpec>;
  /** What it includes itself. */
  includes: PinnedInclude[];
}

/** What references in templates stand for: a prompt, or a sentence that says why there is none. */
export type IncludedPrompts = ReadonlyMap<string, IncludedPrompt | string>;

/** The most prompts that one names in its templates. */
export const MAX_INCLUDES = 32;
/** How deep prompts that include each other may go. */
const MAX_INCLUDE_DEPTH = 8;

/** A version as others include it, or a sentence that says why they cannot. */
export function toIncluded(version: {
  name: string;
  version: number;
  definition: PromptDefinition;
}): IncludedPrompt | string {
  const { name, definition } = version;
  const [message, ...others] = definition.messages;
  const text = message && "content" in message ? message.content : undefined;
  if (others.length > 0 || typeof text !== "string") {
    return `"${name}" has more than one text: only a prompt with one template can be included`;
  }
  return {
    name,
    version: version.version,
    text,
    variables: definition.variables,
    includes: definition.includes ?? [],
  };
}

/** Why the prompt called `owner` cannot include this one; undefined where it can. */
export function includeFault(owner: string, { name, includes }: IncludedPrompt): string | undefined {
  if (name === owner) return `"${owner}" cannot include itself`;
  if (includes.some((pinned) => pinned.name === owner)) return `"${name}" includes "${owner}" itself`;
  if (includes.every(({ depth }) => depth < MAX_INCLUDE_DEPTH)) return undefined;
  return `prompts include each other more than ${MAX_INCLUDE_DEPTH} levels deep`;
}

/** What a prompt pins that includes these: each version once, at its greatest depth. */
export function pinIncludes(included: Iterable<IncludedPrompt>): PinnedInclude[] {
  const pinned = new Map<string, PinnedInclude>();
  const pin = (include: PinnedInclude) => {
    const id = `${include.name}#${include.version}`;
    if ((pinned.get(id)?.depth ?? 0) < include.depth) pinned.set(id, include);
  };
  for (const { name, version, includes } of included) {
    pin({ name, version, depth: 1 });
    for (const { depth, ...inner } of includes) pin({ ...inner, depth: depth + 1 });
  }
  return [...pinned.values()];
}
