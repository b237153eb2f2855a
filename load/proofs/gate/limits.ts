import { withCleanup } from "../../harness/cleanup.ts";
import { startEdge } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { lanesTable, offerLoad } from "./offered-load.ts";
import { callsOf, COUNTED_ENTRY, countOverLimit, enforce, gateCalls, printUse, putKeys } from "./provider.ts";
import { usedIn } from "./verdict.ts";

const MINUTE_MS = 60_000;
const LEAST_USED = 0.9;

/**
 * Loads three keys with different limits at twice their combined rate for a minute. Returns the
 * broken promises: a 429 of the provider, less than 90 % of the limits used.
 */
export async function proveLimits(mock: MockProcess, isolates: number, perMinute: number): Promise<string[]> {
  const keys = [1, 2, 3].map((share) => ({ name: `limited-${share}`, rpm: Math.round((perMinute * share) / 6) }));
  return withCleanup(async (stopLater) => {
    const edge = stopLater(await startEdge(mock, { isolates, entry: COUNTED_ENTRY }));
    const key = await edge.otherTenant();
    await putKeys(edge.url, key, keys);
    await mock.profile({ default: { delay_ms: 200 } });
    await enforce(mock, keys);
    const urls = () => edge.urls;
    const results = await offerLoad({ key, perMs: (2 * perMinute) / MINUTE_MS, forMs: MINUTE_MS, urls });
    const calls = await callsOf(mock, keys);
    const used = usedIn(calls, keys, MINUTE_MS);
    console.log(`\nlimits: ${perMinute}/min over 3 keys, twice that offered for 60 s through ${isolates} isolates`);
    printUse(calls, used, await gateCalls(edge.urls));
    console.log(lanesTable(results));
    const over = countOverLimit(calls);
    return [...(over > 0 ? [`${over} calls over the limits`] : []), ...(used < LEAST_USED ? ["under 90 % used"] : [])];
  });
}
