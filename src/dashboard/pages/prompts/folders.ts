import type { ListItem } from "../../../client/index.ts";

/** A row of a list: a prompt by its name, or a folder by its prefix. */
export interface PromptEntry {
  key: string;
  prompt: ListItem<"GET /v1/prompts"> | null;
}

/** The part of a searched prefix that is a folder: `support/tri` searches in `support/`. */
export function folderOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}

/** The prompts and folders of a page in their order. */
export function entriesOf({
  data,
  prefixes = [],
}: {
  data: readonly ListItem<"GET /v1/prompts">[];
  prefixes?: readonly string[];
}): PromptEntry[] {
  const entries = [
    ...data.map((prompt): PromptEntry => ({ key: prompt.name, prompt })),
    ...prefixes.map((key): PromptEntry => ({ key, prompt: null })),
  ];
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The folders that a folder or a prompt's name lies in, from the outermost. */
export function crumbsOf(name: string): { prefix: string; title: string }[] {
  const steps = name.split("/").slice(0, -1);
  return steps.map((title, at) => ({ title, prefix: `${steps.slice(0, at + 1).join("/")}/` }));
}
