import type { ChainItem, ChainRun, ChainRunStatus } from "../../domain/chains/chain-run.ts";
import { standOf, type StepState } from "../../domain/chains/plan-run.ts";
import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { decodeCursor, type Page } from "../../domain/page.ts";
import type { ListedChainRun } from "../../storage/chains/chain-runs.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
export type { ListedChainRun } from "../../storage/chains/chain-runs.ts";
import type { ChainDeps } from "./chain-deps.ts";
import { observeChainRun } from "./observe-chain-run.ts";

/** A run, how its steps stand, and what is known of their executions. */
export interface ReadChainRun {
  run: ChainRun;
  states: StepState[];
  items: ChainItem[];
}

/** Reads a run. Throws `not_found` for one that the tenant does not have. */
export async function readChainRun({ runs }: Pick<ChainDeps, "runs">, key: RunKey): Promise<ReadChainRun> {
  const run = isId("run", key.id) ? await runs.find(key) : undefined;
  if (!run) throw notFound("run of a chain");
  const items = await runs.items(key);
  return { run, states: standOf(run.plan, items), items };
}

/** A page of a tenant's runs, newest first. Throws a 422 for a bad cursor. */
export async function listChainRuns(
  { runs }: Pick<ChainDeps, "runs">,
  tenantId: string,
  { cursor, ...query }: { limit: number; cursor?: string; chain?: string; status?: ChainRunStatus },
): Promise<Page<ListedChainRun>> {
  return runs.list(tenantId, { ...query, before: decodeCursor("runs", cursor) });
}

/**
 * Cancels a run: no further call begins, and those under way end by themselves. One that has ended
 * stays as it is. Throws as {@link readChainRun} does.
 */
export async function cancelChainRun(
  deps: Pick<ChainDeps, "runs" | "now" | "observeRun">,
  key: RunKey,
): Promise<ReadChainRun> {
  const ended_at = deps.now();
  const isEnded = isId("run", key.id) && (await deps.runs.end(key, "cancelled", ended_at));
  const read = await readChainRun(deps, key);
  if (isEnded) observeChainRun(deps, read.run, { status: "cancelled", ended_at, items: read.items });
  return read;
}
