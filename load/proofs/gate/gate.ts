/**
 * `npm run prove -- gate`: the provider gate over real HTTP, against the mock, which enforces each
 * key's limits by an exact sliding window. Three parts:
 *
 * - `limits`: three keys with different limits receive twice their rate for a minute. The provider
 *   refuses no call (429), and at least 90 % of the limits are used.
 * - `faults`: one key fails, one is slow, one is always over its limit, and the offered load is
 *   within the capacity that is left. At least 99.9 % of the requests succeed.
 * - `evictions`: keys receive twice their limits while the gate's objects are evicted at random
 *   moments, and while the whole server is killed once. The provider refuses no call, every client
 *   gets 200 or a 429 with `Retry-After`, and at least 80 % of the limits are used (except where a
 *   kill left concurrency permits behind).
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { proveEvictions } from "./evictions.ts";
import { proveBranches } from "./branches.ts";
import { proveFaults } from "./faults.ts";
import { proveLimits } from "./limits.ts";

/** `per-minute` is the combined limit of the part `limits`; `seed` draws the evictions. */
export const FLAGS = {
  only: { type: "string" },
  isolates: { type: "string", default: "2" },
  "per-minute": { type: "string", default: "1800" },
  seed: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs all parts, or the one that `--only` names. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const isolates = Number(flags.isolates);
  const seed = Number(flags.seed ?? Date.now() % 1_000_000);
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const parts: Record<string, () => Promise<string[]>> = {
      limits: async () => proveLimits(mock, isolates, Number(flags["per-minute"])),
      faults: async () => proveFaults(mock, isolates),
      evictions: async () => proveEvictions(mock, isolates, seed),
      branches: async () => proveBranches(mock, seed),
    };
    const wanted = Object.entries(parts).filter(([name]) => flags.only === undefined || flags.only === name);
    if (wanted.length === 0) throw new Error(`--only is one of ${Object.keys(parts).join(", ")}`);
    let passed = true;
    for (const [name, prove] of wanted) {
      for (const fault of await prove()) {
        console.log(`FAILED: ${name}: ${fault}`);
        passed = false;
      }
    }
    return passed;
  });
}
