/**
 * `npm run prove -- promotions`: a running server refuses a promotion whose tests are worse, moves
 * a label once its promotion is approved, and takes back a split that fails; and the watch of
 * splits in seeded simulation: its false alarms on clean ones, and its delays on regressions.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { proveCanaries } from "./canaries.ts";
import { proveServer } from "./server.ts";

/** One part alone, the clean canaries of each pattern, the bad ones of each kind, and the seed. */
export const FLAGS = {
  only: { type: "string" },
  canaries: { type: "string", default: "1000" },
  regressions: { type: "string", default: "100" },
  seed: { type: "string", default: "1" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the parts one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const wants = (part: string) => flags.only === undefined || flags.only === part;
  const [seed, canaries, regressions] = [Number(flags.seed), Number(flags.canaries), Number(flags.regressions)];
  const faults = [
    ...(wants("canaries") ? proveCanaries({ seed, canaries, regressions }) : []),
    ...(wants("server") ? await proveServer() : []),
  ];
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? "the promotions hold" : `${faults.length} faults`);
  return faults.length === 0;
}
