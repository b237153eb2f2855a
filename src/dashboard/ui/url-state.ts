import { useLocation } from "preact-iso";

/**
 * A value of the address's query, so that a view can be linked to: `[value, set]`. The default is
 * not written. Setting replaces the entry in the browser's history.
 */
export function useUrlState(name: string, fallback = ""): [string, (value: string) => void] {
  const { query } = useLocation();
  const set = useSetUrlState();
  return [query[name] ?? fallback, (value) => set({ [name]: value === fallback ? "" : value })];
}

/** Sets several values of the address's query at once; empty ones are taken out. */
export function useSetUrlState(): (values: Record<string, string>) => void {
  const { route } = useLocation();
  return (values) => {
    const search = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values)) {
      if (value === "") search.delete(name);
      else search.set(name, value);
    }
    const text = search.toString();
    route(location.pathname + (text === "" ? "" : `?${text}`), true);
  };
}
