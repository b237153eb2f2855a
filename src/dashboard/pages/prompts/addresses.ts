/** The tabs of a prompt's page. */
export type PromptTab = "versions" | "source" | "diff" | "labels" | "promotions" | "tests" | "danger";

/** The address of a prompt's page, with what is chosen on it. */
export function promptHref(name: string, tab?: PromptTab, chosen: Record<string, string | number> = {}): string {
  const search = new URLSearchParams(tab === undefined || tab === "versions" ? {} : { tab });
  for (const [key, value] of Object.entries(chosen)) search.set(key, String(value));
  const query = search.toString();
  return `/app/prompts/${encodeURIComponent(name)}${query === "" ? "" : `?${query}`}`;
}

/** The address of the editor of a prompt, with the newest version or an older one. */
export function editorHref(name: string, version?: number): string {
  return `/app/prompts/${encodeURIComponent(name)}/edit${version === undefined ? "" : `?version=${version}`}`;
}

/** Where what is in a folder is. */
export function folderHref(prefix: string): string {
  return `/app/prompts?prefix=${encodeURIComponent(prefix)}`;
}
