import { withCleanup } from "../../harness/cleanup.ts";
import { startEdge } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { percent } from "../../harness/numbers.ts";
import { lanesTable, offerLoad } from "./offered-load.ts";
import { enforce, putKeys, secretOf } from "./provider.ts";

const KEYS = ["dead", "slow", "limited"].map((name) => ({ name }));
const LEAST_SUCCEEDED = 0.999;

/**
 * Loads three keys: one fails, one is slow, one is always over its limit. Returns the broken
 * promises: fewer than 99.9 % succeeded.
 */
export async function proveFaults(mock: MockProcess, isolates: number): Promise<string[]> {
  return withCleanup(async (stopLater) => {
    const edge = stopLater(await startEdge(mock, { isolates }));
    const key = await edge.otherTenant();
    await putKeys(edge.url, key, KEYS);
    await enforce(mock, []);
    await mock.profile({
      default: { delay_ms: 100 },
      keys: {
        [secretOf("dead")]: { status: 500 },
        [secretOf("slow")]: { delay_ms: 1_500 },
        [secretOf("limited")]: { status: 429, retry_after_ms: 5_000 },
      },
    });
    const results = await offerLoad({ key, perMs: 20 / 1_000, forMs: 30_000, urls: () => edge.urls });
    const succeeded = results.filter(({ status }) => status === 200).length / results.length;
    console.log("\nfaults: one key answers 500, one takes 1.5 s, one answers 429; 20 requests a second for 30 s");
    console.log(`${percent(succeeded, 2)} of ${results.length} succeeded`);
    console.log(lanesTable(results));
    return succeeded < LEAST_SUCCEEDED ? ["under 99.9 % succeeded"] : [];
  });
}
