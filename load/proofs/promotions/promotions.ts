/**
 * `npm run prove -- promotions`: a running server refuses a promotion whose tests are worse, moves
 * a label once its promotion is approved, and takes back a split that fails; and the watch of
 * splits in seeded simulation: its false alarms on clean ones, and its delays on regressions.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { proveCanaries } from "./canaries.ts";
import { proveServer } from "./server.ts";

/** One part alone, the clean canaries, and the seed. */
export const FLAGS = {
  only: { type: "string" },
  canaries: { type: "string", default: "1000" },
  seed: { type: "string", default: "1" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the parts one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const wants = (part: string) => flags.only === undefined || flags.only === part;
  const faults = [
    ...(wants("canaries") ? proveCanaries({ seed: Number(flags.seed), canaries: Number(flags.canaries) }) : []),
    ...(wants("server") ? await proveServer() : []),
  ];
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? "the promotions hold" : `${faults.length} faults`);
  return faults.length === 0;
}
