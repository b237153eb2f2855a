import { useQuery } from "@tanstack/preact-query";
import { api } from "../../api/client.ts";

/** The file of a version. */
export interface StoredSource {
  version: number;
  source: string;
}

/** The file of a version as it was published, or of the newest one. */
export function useSource(name: string, version: number | undefined, enabled = true) {
  return useQuery<StoredSource>({
    queryKey: ["source", name, version ?? "latest"],
    queryFn: async ({ signal }) => readSource(name, version, signal),
    enabled,
    // What is being edited is not replaced behind the author's back.
    refetchOnWindowFocus: false,
  });
}

/** Reads the newest version's number first, so that the file and the number are of one version. */
export async function readSource(name: string, version?: number, signal?: AbortSignal): Promise<StoredSource> {
  const options = signal ? { signal } : {};
  const wanted = version ?? (await api.prompts.get(name, { label: "latest", ...options })).version;
  return { version: wanted, source: await api.prompts.file(name, { version: wanted, ...options }) };
}
