import { pointerKey } from "../../src/services/prompts/prompt-records.ts";
import { PLACES, type Place } from "./places.ts";
import type { Tenant } from "./population.ts";
import { POINTER_OF_ONE, versionOf } from "./prompts.ts";
import type { ScaleWorld } from "./scale-world.ts";

/** A copy is good for this long, ms, and KV has one that is written anew every twelve hours. */
const FRESH_MS = 5_000;
const DAY_S = 86_400;

/**
 * Fills the tiers of data centres as hours of the same load would have: with the records of their
 * tenants, each as old as it is when the next request comes for it. Stored answers are not there.
 */
export function fillTiers(world: ScaleWorld): void {
  const { large, small } = world.population;
  const weights = PLACES.reduce((sum, { weight }) => sum + weight, 0);
  for (const place of PLACES) fillFor(world, large, place, (large.rate * place.weight) / weights);
  for (const tenant of small) fillFor(world, tenant, tenant.home, tenant.rate);
}

function fillFor(world: ScaleWorld, tenant: Tenant, place: Place, rate: number): void {
  const { clock, random } = world.ground;
  const now = clock.now();
  const edge = world.edgeOf(place);
  const put = (key: string, value: unknown, perMs: number) => {
    // Often read: refreshed when it is no longer fresh. Seldom: as old as the last request.
    const age = Math.max(random.between(0, FRESH_MS), random.exponential(perMs));
    edge.fill(key, { value, at: Math.floor(now - age), kv_at: now }, DAY_S);
  };
  const { id, budgets, prompts } = tenant;
  put(`key/${id}`, { id: "key_1", tenant_id: id }, rate);
  put(`tenant/${id}`, { read_at: now, budget_scopes: budgets.map(({ scope }) => scope) }, rate);
  for (let rank = 0; rank < prompts.ranks; rank++) {
    const perMs = rate * prompts.shareOf(rank);
    put(pointerKey(id, `p${rank}`), POINTER_OF_ONE, perMs);
    put(`version/${id}/p${rank}/1`, versionOf(id, `p${rank}`), perMs);
  }
}
