/**
 * `npm run bench -- gateways`: the production bundle beside a bare proxy Worker and the gateways
 * that can be installed (the peers), all in front of one mock provider. Rounds interleave them, so
 * that their ratios can be compared. Fails where the runtime left a request unanswered.
 */
import { parseArgs } from "node:util";
import { bareProxy } from "../targets/bare-proxy.ts";
import { bifrost } from "../targets/bifrost.ts";
import { litellm } from "../targets/litellm.ts";
import { pbtEdge, pbtEdgeDoor } from "../targets/pbt-edge.ts";
import { portkey } from "../targets/portkey.ts";
import { FULL, QUICK } from "./plan.ts";
import { COMPARISON_FLAGS, runComparison } from "./run-comparison.ts";

/** Those of every comparison. */
export const FLAGS = { ...COMPARISON_FLAGS, out: { type: "string", default: "dist/bench.json" } } as const;

/** Measures all targets and writes the result to a file. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const plan = flags.quick ? QUICK : FULL;
  return runComparison({ flags, plan, own: [bareProxy, pbtEdge, pbtEdgeDoor], peers: { portkey, litellm, bifrost } });
}
