import type { Entry } from "../../src/cache/tier.ts";
import { promptKey } from "../../src/domain/shard.ts";
import { PLACES, type Place, seasonOf } from "./places.ts";
import type { Tenant } from "./population.ts";
import { POINTER_OF_ONE, versionOf } from "./prompts.ts";
import type { ScaleWorld } from "./scale-world.ts";

const DAY_MS = 86_400_000;

/**
 * The record that a data centre has had since before the world began, as hours of the same load
 * would have left it: refreshed by the first request that finds it no longer fresh. Undefined for
 * what was not there: stored answers, versions that are published later.
 */
export function keptBefore(
  world: ScaleWorld,
  place: Place,
  key: string,
): (Entry<unknown> & { kv_at: number }) | undefined {
  const [kind, id = "", prompt = "", version = "1"] = key.split("/");
  if (kind !== "key" && kind !== "tenant" && kind !== "pointer" && kind !== "version") return undefined;
  if (version !== "1") return undefined;
  const tenant = world.tenant(id);
  const rate = rateAt(world, tenant, place) * (prompt === "" ? 1 : shareOf(tenant, prompt));
  const now = world.ground.clock.now();
  const at = Math.floor(now - ageAt(world, rate));
  return { value: valueOf(world, tenant, { kind, prompt, at }), at, kv_at: now };
}

/** How often a place asks for a tenant, requests a ms. */
function rateAt(world: ScaleWorld, tenant: Tenant, place: Place): number {
  const { rate, isLarge, prompts } = tenant;
  if (!isLarge) return rate;
  const weightOf = (each: Place) => each.weight * seasonOf(each, world.hour);
  const sum = PLACES.reduce((total, each) => total + weightOf(each), 0);
  return ((rate / prompts.covered) * weightOf(place)) / sum;
}

function shareOf({ prompts }: Tenant, prompt: string): number {
  return prompts.shareOf(Number(prompt.slice(1)));
}

/** The age of a copy at a random time: it is refreshed by the first request after it was fresh. */
function ageAt({ ground: { random }, pointerFreshMs }: ScaleWorld, rate: number): number {
  const waits = 1 / rate;
  if (random.chance(pointerFreshMs / (pointerFreshMs + waits))) return random.between(0, pointerFreshMs);
  return Math.min(DAY_MS, pointerFreshMs + random.exponential(rate));
}

function valueOf(
  world: ScaleWorld,
  tenant: Tenant,
  { kind, prompt, at }: { kind: string; prompt: string; at: number },
) {
  const { id, budgets } = tenant;
  if (kind === "key") return { id: "key_1", tenant_id: id };
  if (kind === "tenant") return { read_at: at, budget_scopes: budgets.map(({ scope }) => scope) };
  if (kind === "version") return versionOf(id, prompt);
  const { databases, ground } = world;
  const shard = databases.shardOf(promptKey(id, prompt));
  const latest_version = databases.versionAt(shard, `pointer/${id}/${prompt}`, at - ground.clock.startMs);
  return { ...POINTER_OF_ONE, latest_version };
}
