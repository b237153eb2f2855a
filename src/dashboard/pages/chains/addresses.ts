/** The tabs of a chain's page. */
export type ChainTab = "steps" | "run" | "runs" | "versions" | "labels" | "source";

/** The address of a chain's page, with what is chosen on it. */
export function chainHref(name: string, tab?: ChainTab, chosen: Record<string, string | number> = {}): string {
  const search = new URLSearchParams(tab === undefined || tab === "steps" ? {} : { tab });
  for (const [key, value] of Object.entries(chosen)) search.set(key, String(value));
  const query = search.toString();
  return `/app/chains/${encodeURIComponent(name)}${query === "" ? "" : `?${query}`}`;
}

/** The address of a run of a chain. */
export function chainRunHref(id: string): string {
  return `/app/chain-runs/${id}`;
}
