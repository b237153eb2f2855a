import type { Config } from "../config.ts";
import { moveExecutions } from "../services/usage/move-executions.ts";
import type { RecordUsage } from "../services/usage/record-usage.ts";
import { readUsage } from "../services/usage/read-usage.ts";
import { reconcileUsage } from "../services/usage/reconcile-usage.ts";
import { ExecutionRepository } from "../storage/executions/executions.ts";
import { OldExecutions } from "../storage/executions/old-executions.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, report } from "./runtime.ts";

/** Objects over which older versions spread the intents of a tenant. */
const OLD_INTENT_SHARES = 4;

/** The executions on record, in the ledger objects of their tenants. */
export function buildLedger(env: Env, shards: Shards): ExecutionRepository {
  return new ExecutionRepository({
    shards,
    ledgerOf: (tenantId, share) => env.LEDGER.getByName(`${tenantId}/${share}`),
  });
}

/** What {@link buildUsage} is built over. */
interface UsageParts extends Pick<RecordUsage, "flush"> {
  executions: ExecutionRepository;
  shards: Shards;
}

/** What routes and the cron trigger call for usage. */
export function buildUsage(env: Env, config: Config, { executions, shards, flush }: UsageParts) {
  const deps = {
    ...clock,
    executions,
    flush,
    firstOldIntentDue: async (tenantId: string) => firstOldIntentDue(env, tenantId),
    intentMarginMs: config.intents.marginMs,
  };
  return {
    readUsage: bind(readUsage, deps),
    reconcileUsage: bind(reconcileUsage, deps),
    /** Moves executions from before the ledger into it. */
    moveExecutions: bind(moveExecutions, {
      executions,
      oldExecutions: new OldExecutions(shards),
      onUnmoved({ executions: records, error }) {
        report("executions_unmoved", error, { execution_id: records[0]?.id ?? "", count: String(records.length) });
      },
    }),
  };
}

/** What {@link buildUsage} gives. */
export type UsageServices = ReturnType<typeof buildUsage>;

/** The first of the times at which a tenant's intents of older versions are due, if any is open. */
async function firstOldIntentDue(env: Env, tenantId: string): Promise<number | null> {
  const shares = Array.from({ length: OLD_INTENT_SHARES }, (_, share) => `${tenantId}/${share}`);
  const due = await Promise.all(shares.map(async (name) => env.EXECUTION_INTENTS.getByName(name).firstDue()));
  const known = due.flatMap((each) => each ?? []);
  return known.length === 0 ? null : Math.min(...known);
}
