import { type ChainItem, type ChainRun, costOfItems } from "../../domain/chains/chain-run.ts";
import { traceOfRun } from "../../domain/trace-context.ts";
import type { ChainDeps } from "./chain-deps.ts";

/** Tells those who watch runs of one that its caller has ended. `items`: what is known of them. */
export function observeChainRun(
  { observeRun }: Pick<ChainDeps, "observeRun">,
  run: ChainRun,
  { status, ended_at, items }: Pick<ChainRun, "status"> & { ended_at: number; items?: Iterable<ChainItem> },
): void {
  observeRun({
    kind: "chain_run",
    tenant_id: run.tenant_id,
    id: run.id,
    trace: traceOfRun(run),
    status,
    created_at: run.created_at,
    ended_at,
    ...(items && { cost_nanousd: costOfItems(items) }),
    attributes: {
      "pbt.chain.name": run.chain_name,
      "pbt.chain.version": run.chain_version,
      "pbt.chain.label": run.chain_label ?? undefined,
      "pbt.lane": run.lane,
    },
  });
}
