/**
 * `npm run prove -- insights`: anomalies of nine kinds that are planted into the hours of seeded
 * tenants, found beside two simple detectors, and what alarms where nothing is wrong; forecasts
 * beside the week before; and 90 days of a tenant in the ledger objects of a running server.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { proveAgedTenant } from "./aged-tenant.ts";
import { proveAnomalies } from "./anomalies.ts";
import { proveForecasts } from "./forecasts.ts";

/** One part alone; the tenants of each kind of anomaly; the executions of the 90 days. */
export const FLAGS = {
  only: { type: "string" },
  tenants: { type: "string", default: "20" },
  executions: { type: "string", default: "60000" },
  seed: { type: "string", default: "1" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the parts one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const options = { seed: Number(flags.seed), tenants: Number(flags.tenants) };
  const wants = (part: string) => flags.only === undefined || flags.only === part;
  const faults = [
    ...(wants("anomalies") ? proveAnomalies(options) : []),
    ...(wants("forecasts") ? proveForecasts({ ...options, tenants: 2 * options.tenants }) : []),
    ...(wants("tenant") ? await proveAgedTenant(Number(flags.executions)) : []),
  ];
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? "the insights hold" : `${faults.length} faults`);
  return faults.length === 0;
}
