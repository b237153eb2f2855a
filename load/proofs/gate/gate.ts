/**
 * `npm run gate:proof`: the provider gate through real HTTP, against the mock that holds each key's limits by an exact sliding window.
 * `limits`: three keys of different limits under twice what they allow, for a minute: no 429 of the provider, and at least 90 % of the limits used.
 * `faults`: one key dead, one slow, one that is always limited, within what is left: at least 99.9 % succeed.
 * `evictions`: twice what the keys allow, while the gate's object is evicted at random moments, and the whole server is killed once; for calls a minute and
 * calls at a time. No 429 of the provider, every caller answered with 200 or an honest 429, at least 80 % of the limits used (but not where slots died).
 * Flags: `--only limits|faults|evictions`, `--isolates N` (2), `--per-minute N` for another combined limit of `limits` (1800), `--seed N` of the evictions.
 */
import { parseArgs } from "node:util";
import { proveEvictions } from "./evictions.ts";
import { proveFaults } from "./faults.ts";
import { proveLimits } from "./limits.ts";
import { startMock } from "../../harness/mock.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    isolates: { type: "string", default: "2" },
    "per-minute": { type: "string", default: "1800" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const isolates = Number(flags.isolates);
const mock = await startMock();
const PARTS: Record<string, () => Promise<string[]>> = {
  limits: async () => proveLimits(mock, isolates, Number(flags["per-minute"])),
  faults: async () => proveFaults(mock, isolates),
  evictions: async () => proveEvictions(mock, isolates, Number(flags.seed)),
};
try {
  const wanted = Object.entries(PARTS).filter(([name]) => flags.only === undefined || flags.only === name);
  if (wanted.length === 0) throw new Error(`--only is one of ${Object.keys(PARTS).join(", ")}`);
  for (const [name, prove] of wanted) {
    for (const fault of await prove()) {
      console.log(`FAILED: ${name}: ${fault}`);
      process.exitCode = 1;
    }
  }
} finally {
  await mock.stop();
}
