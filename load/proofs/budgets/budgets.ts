/**
 * `npm run prove -- budgets`: hundreds of callers at once at the edge of each kind of budget, on
 * every path of an execution. The provider's own log says what was really paid. Fails where more
 * was paid than the budget counts, more is counted than its limit, or less than 95 % of it is used
 * where nothing failed.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withLocalStack } from "../../harness/local-stack.ts";
import { describeMachine } from "../../harness/machine.ts";
import { table } from "../../harness/table.ts";
import { CASES, type EdgeOfBudget, proveCase } from "./cases.ts";

/** The callers at once, the isolates, and the cases whose name contains one of these texts. */
export const FLAGS = {
  callers: { type: "string", default: "500" },
  isolates: { type: "string", default: "3" },
  only: { type: "string", default: "" },
} as const satisfies ParseArgsOptionsConfig;

/**
 * No other limit than the budgets: neither the tenant's rate nor its concurrency, nor the time that
 * a small machine takes to make an object for each idempotency key.
 */
const VARS = {
  TENANT_RATE_PER_S: "100000",
  TENANT_BURST: "100000",
  EXECUTOR_CONCURRENCY: "2000",
  EXECUTION_TIMEOUT_MS: "120000",
};
const CRON_MS = 1_000;
const HEAD = ["case", "calls paid", "refused", "paid", "counted", "limit", "used", "promise"];

/** Runs the cases one after the other. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const isolates = Number(flags.isolates);
  const callers = Number(flags.callers);
  const results: EdgeOfBudget[] = [];
  await withLocalStack({ isolates, vars: VARS, cronMs: CRON_MS }, async (stack) => {
    const wanted = flags.only.split(",");
    for (const each of CASES.filter(({ name }) => wanted.some((text) => name.includes(text)))) {
      const result = await proveCase(stack, each, callers);
      results.push(result);
      console.log(rowOf(result).join("  "));
      // A run of hours that is cut off should have said why by then.
      for (const fault of result.faults) console.log(`FAULT: ${result.name}: ${fault}`);
    }
  });
  const { commit, workerd, cores } = describeMachine();
  console.log(
    `commit ${commit ?? "?"}, workerd ${workerd}, ${isolates} isolates, ${callers} callers, ${cores} cores\n`,
  );
  console.log(table([HEAD, ...results.map(rowOf)]));
  return results.length > 0 && results.every(({ faults }) => faults.length === 0);
}

function rowOf({ name, calls, refused, paid, counted, limit, faults }: EdgeOfBudget): string[] {
  const usd = (nanousd: number) => `$${(nanousd / 1e9).toFixed(6)}`;
  const used = `${((100 * counted) / limit).toFixed(1)} %`;
  const promise = faults.length === 0 ? "held" : "BROKEN";
  return [name, String(calls), String(refused), usd(paid), usd(counted), usd(limit), used, promise];
}
