/**
 * `npm run bench -- gateways`: the production bundle beside a bare proxy Worker and the gateways
 * that can be installed (the peers), all in front of one mock provider. Rounds interleave them, so
 * that their ratios can be compared. Fails where the runtime left a request unanswered.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { bareProxy } from "../targets/bare-proxy.ts";
import { bifrost } from "../targets/bifrost.ts";
import { litellm } from "../targets/litellm.ts";
import { pbtEdge } from "../targets/pbt-edge.ts";
import { portkey } from "../targets/portkey.ts";
import { FULL, QUICK } from "./plan.ts";
import { runComparison } from "./run-comparison.ts";

/**
 * `quick` is a look of 20 s without peers. `targets` are the peers, separated by commas, or `none`.
 * `only` selects the cells whose name contains it. `seconds` is the length of a slice, `out` the
 * file of the result, and `against` an earlier result to compare with.
 */
export const FLAGS = {
  quick: { type: "boolean", default: false },
  targets: { type: "string" },
  only: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  out: { type: "string", default: "dist/bench.json" },
  against: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** Measures all targets and writes the result to a file. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const plan = flags.quick ? QUICK : FULL;
  return runComparison({ flags, plan, own: [bareProxy, pbtEdge], peers: { portkey, litellm, bifrost } });
}
