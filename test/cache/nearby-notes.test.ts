import { describe, expect, it } from "vitest";
import { createEdgeTier } from "../../src/cache/edge.ts";
import { createNearbyNotes } from "../../src/cache/nearby-notes.ts";

/** A Cache API that keeps responses by URL. */
function openCache() {
  const kept = new Map<string, Response>();
  const cache = {
    match: async (key: string) => kept.get(key)?.clone(),
    put: async (key: string, response: Response) => void kept.set(key, response),
  } as unknown as Cache;
  return { kept, cache };
}

describe("the notes of a data centre", () => {
  it("are told behind the response, and found by the other isolates for a while", async () => {
    const { kept, cache } = openCache();
    const deferred: Promise<unknown>[] = [];
    const deps = {
      edge: createEdgeTier(() => cache, "a"),
      now: () => 5,
      defer: (work: Promise<unknown>) => void deferred.push(work),
    };
    const notes = createNearbyNotes<{ state: string }>(deps, "shard-state", 60);
    expect(await notes.find("DB_SHARD_0")).toBeUndefined();
    notes.tell("DB_SHARD_0", { state: "7" });
    await Promise.all(deferred);
    expect(await createNearbyNotes(deps, "shard-state", 60).find("DB_SHARD_0")).toEqual({ state: "7" });
    expect(await createNearbyNotes(deps, "another kind", 60).find("DB_SHARD_0")).toBeUndefined();
    const others = { ...deps, edge: createEdgeTier(() => cache, "another deployment of the zone") };
    expect(await createNearbyNotes(others, "shard-state", 60).find("DB_SHARD_0")).toBeUndefined();
    expect([...kept.values()].map(({ headers }) => headers.get("cache-control"))).toEqual(["max-age=60"]);
  });
});
