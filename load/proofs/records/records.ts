/**
 * `npm run prove -- records`: an answer that a client has is on record, whatever happened to the
 * server or to a shard. Kills the server again and again; lets a shard hang, refuse and return; and
 * prints what the intents cost that this rests on.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { proveKills } from "./kills.ts";
import { proveOutage } from "./outage.ts";
import { showPrice } from "./price.ts";

/** One part alone, the number of kills (30 at full size), and the outage (600 s at full size). */
export const FLAGS = {
  only: { type: "string" },
  kills: { type: "string", default: "5" },
  outage: { type: "string", default: "20" },
  seed: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the parts one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const seed = Number(flags.seed ?? Date.now() % 1_000_000);
  const faults: string[] = [];
  const wants = (part: string) => flags.only === undefined || flags.only === part;
  if (wants("kills")) faults.push(...(await proveKills({ kills: Number(flags.kills), seed })));
  if (wants("outage")) faults.push(...(await proveOutage(Number(flags.outage))));
  if (wants("price")) await showPrice();
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? "every answer is on record" : `${faults.length} faults; --seed ${seed}`);
  return faults.length === 0;
}
