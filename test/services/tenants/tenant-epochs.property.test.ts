import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FoundKey } from "../../../src/storage/tenants/tenants.ts";
import { STALENESS, tenantWorld } from "../../support/tenant-place.ts";

const SEED = 20_261_126;
const TENANT = "ten_a";
const ISOLATES = 4;

type Step =
  | { do: "change" | "change by a row" | "execute" | "work"; at: number }
  | { do: "wait"; ms: number }
  | { do: "break" | "lose"; what: "edge" | "kv" | "shard" | "memory"; at: number };

const at = fc.nat({ max: ISOLATES - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("change" as const, "change by a row" as const), at }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("execute" as const, "work" as const), at }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 4_000, 20_000, 31_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("break" as const, "lose" as const),
      what: fc.constantFrom("edge" as const, "kv" as const, "shard" as const, "memory" as const),
      at,
    }),
  },
);

/** Four isolates in two places, and what was true of the tenant since when. */
function start() {
  const world = tenantWorld();
  const places = [world.place(), world.place()];
  const isolates = Array.from({ length: ISOLATES }, (_, index) => {
    const place = places[index % 2];
    if (!place) throw new RangeError("no such place");
    return { edge: place.edge, ...place.parts() };
  });
  const truths = [{ scopes: "", since: 0 }];
  return { ...world, isolates, truths, outage: { failed_at: -Infinity } };
}

type World = ReturnType<typeof start>;

/** A change by its use case, or by a row that the version before writes: no isolate refreshes. */
async function change(world: World, by: number, how: "change" | "change by a row"): Promise<void> {
  const { rows, shard, clock, truths, isolates } = world;
  if (shard.down) return;
  rows.scopes = [`change ${truths.length}`];
  rows.epoch += 1;
  truths.push({ scopes: rows.scopes.join(), since: clock.now });
  if (how === "change by a row") return;
  await isolates[by]?.records.refresh(TENANT);
  expect((await isolates[by]?.records.read(TENANT))?.budget_scopes).toEqual(rows.scopes);
}

/** A request reads its key, which names the epoch; other work does not. Then both read the record. */
async function execute(world: World, by: number, hasKey: boolean): Promise<void> {
  const { rows, shard, clock, truths, isolates, outage } = world;
  const isolate = isolates[by];
  if (!isolate) throw new RangeError("no such isolate");
  const load = async () => {
    if (shard.down) throw new Error("the shard is down");
    return { tenant_epoch: rows.epoch } as FoundKey;
  };
  try {
    if (hasKey) {
      const { value, age_ms } = await isolate.cache.read<FoundKey>("key/k", { staleness: STALENESS, load });
      isolate.records.noteEpoch(TENANT, { epoch: value?.tenant_epoch ?? 0, at: clock.now - age_ms });
    }
    const served = (await isolate.records.read(TENANT))?.budget_scopes.join();
    if (shard.down) outage.failed_at = clock.now;
    // An isolate that asked in vain does not ask again for a second.
    const within = clock.now - outage.failed_at < 1_000 ? STALENESS.lastGoodMs : STALENESS.boundMs;
    const until = (index: number) => truths[index + 1]?.since ?? Infinity;
    const wasTrue = truths.some(({ scopes }, index) => scopes === served && until(index) >= clock.now - within);
    expect({ served, truths: truths.slice(-3), wasTrue }).toMatchObject({ wasTrue: true });
  } catch (error) {
    expect([shard.down, (error as Error).message]).toEqual([true, "the shard is down"]);
  }
}

async function play(world: World, each: Step): Promise<void> {
  const { clock, kv, shard, isolates, settle } = world;
  if (each.do === "wait") clock.now += each.ms;
  else if (each.do === "execute" || each.do === "work") await execute(world, each.at, each.do === "execute");
  else if (!("what" in each)) await change(world, each.at, each.do);
  else {
    const isolate = isolates[each.at];
    if (each.what === "memory") isolate?.memory.clear();
    else if (each.what === "shard") shard.down = each.do === "break" && !shard.down;
    else {
      const tier = each.what === "kv" ? kv : isolate?.edge;
      if (tier && each.do === "break") tier.broken = !tier.broken;
      else tier?.kept.clear();
    }
  }
  await settle();
}

describe("the record of a tenant through the tiers", () => {
  it("is never older than the bound, whatever expires, fails or is lost, and whoever changes it", async () => {
    const holds = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const world = start();
      for (const each of steps) await play(world, each);
    });
    await expect(fc.assert(holds, { seed: SEED, numRuns: 400 })).resolves.toBeUndefined();
  });
});
