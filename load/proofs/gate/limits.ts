import { startEdge } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { lanesTable, offer } from "./callers.ts";
import { callsOf, COUNTED_ENTRY, enforce, gateCalls, putKeys } from "./provider.ts";
import { usedIn } from "./verdict.ts";

const MINUTE_MS = 60_000;

/** Three keys of different limits under twice what they allow, for a minute. Gives what did not hold: a 429 of the provider, under 90 % used. */
export async function proveLimits(mock: MockProcess, isolates: number, perMinute: number): Promise<string[]> {
  const keys = [1, 2, 3].map((share) => ({ name: `limited-${share}`, rpm: Math.round((perMinute * share) / 6) }));
  const edge = await startEdge(mock, { isolates, entry: COUNTED_ENTRY });
  try {
    const key = await edge.otherTenant();
    await putKeys(edge.url, key, keys);
    await mock.profile({ default: { delay_ms: 200 } });
    await enforce(mock, keys);
    const urls = () => edge.urls;
    const seen = await offer({ key, perMs: (2 * perMinute) / MINUTE_MS, forMs: MINUTE_MS, urls });
    const calls = await callsOf(mock, keys);
    const over = calls.filter(({ over_limit }) => over_limit).length;
    const used = usedIn(calls, keys, MINUTE_MS);
    console.log(`\nlimits: ${perMinute}/min over 3 keys, twice that offered for 60 s through ${isolates} isolates`);
    console.log(`429s of the provider ${over}, used ${(used * 100).toFixed(1)} % of the combined limit in the minute`);
    console.log(`${((await gateCalls(edge.urls)) / calls.length).toFixed(3)} calls to the gate an execution`);
    console.log(lanesTable(seen));
    return [...(over > 0 ? [`${over} calls over the limits`] : []), ...(used < 0.9 ? ["under 90 % used"] : [])];
  } finally {
    await edge.stop();
  }
}
