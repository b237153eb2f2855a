/**
 * `npm run prove -- ledger`: what `/v1/usage` says is what the provider was paid for, to the token
 * and the nano-dollar, after faults and kills; and 90 days of a tenant with many executions are
 * read from rollups alone. Prints times, rows, and the sizes of databases and archive.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { proveLog } from "./log.ts";
import { proveDay } from "./one-day.ts";
import { proveSize } from "./size.ts";

/**
 * One part alone; the mixed executions (10,000 at full size) and kills; the large tenant's
 * executions in 90 days, of which several numbers show what depends on them; those of one day.
 */
export const FLAGS = {
  only: { type: "string" },
  mixed: { type: "string", default: "2000" },
  kills: { type: "string", default: "4" },
  executions: { type: "string", default: "200000" },
  day: { type: "string", default: "200000" },
  seed: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the parts one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const seed = Number(flags.seed ?? Date.now() % 1_000_000);
  const wants = (part: string) => flags.only === undefined || flags.only === part;
  const faults: string[] = [];
  if (wants("log")) faults.push(...(await proveLog({ mixed: Number(flags.mixed), kills: Number(flags.kills), seed })));
  if (wants("size")) {
    for (const executions of flags.executions.split(",")) faults.push(...(await proveSize(Number(executions))));
  }
  if (wants("day")) faults.push(...(await proveDay(Number(flags.day))));
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? "the ledger holds" : `${faults.length} faults; --seed ${seed}`);
  return faults.length === 0;
}
