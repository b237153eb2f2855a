import { startEdge } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { lanesTable, offer } from "./callers.ts";
import { enforce, putKeys, secretOf } from "./provider.ts";

/** One key dead, one slow, one that is always limited, within what is left. Gives what did not hold: under 99.9 % succeeded. */
export async function proveFaults(mock: MockProcess, isolates: number): Promise<string[]> {
  const edge = await startEdge(mock, { isolates });
  try {
    const key = await edge.otherTenant();
    await putKeys(
      edge.url,
      key,
      ["dead", "slow", "limited"].map((name) => ({ name })),
    );
    await enforce(mock, []);
    await mock.profile({
      default: { delay_ms: 100 },
      keys: {
        [secretOf("dead")]: { status: 500 },
        [secretOf("slow")]: { delay_ms: 1_500 },
        [secretOf("limited")]: { status: 429, retry_after_ms: 5_000 },
      },
    });
    const seen = await offer({ key, perMs: 20 / 1_000, forMs: 30_000, urls: () => edge.urls });
    const good = seen.filter(({ status }) => status === 200).length / seen.length;
    console.log(`\nfaults: one key answers 500, one takes 1.5 s, one answers 429; 20 calls a second for 30 s`);
    console.log(`${(good * 100).toFixed(2)} % of ${seen.length} succeeded`);
    console.log(lanesTable(seen));
    return good < 0.999 ? ["under 99.9 % succeeded"] : [];
  } finally {
    await edge.stop();
  }
}
