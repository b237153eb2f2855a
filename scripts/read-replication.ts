import * as z from "zod";
import type { CloudflareApi } from "./cloudflare-api.ts";

// https://developers.cloudflare.com/api/resources/d1/subresources/database/methods/edit
const database = z.object({ read_replication: z.object({ mode: z.string() }).optional() });

/** Those of some databases that D1 keeps read replicas of. `ids` has those that there are. */
export async function findReplicated(
  api: CloudflareApi,
  names: readonly string[],
  ids: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of names) {
    const id = ids.get(name);
    if (id === undefined) continue;
    const { read_replication } = database.parse(JSON.parse(await api(["GET", `/d1/database/${id}`])));
    if (read_replication?.mode === "auto") found.add(name);
  }
  return found;
}

/** Has D1 keep read replicas of a database. May be repeated. */
export async function turnOnReplication(api: CloudflareApi, id: string): Promise<void> {
  await api(["PATCH", `/d1/database/${id}`], JSON.stringify({ read_replication: { mode: "auto" } }));
}
