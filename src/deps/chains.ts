import type { Config } from "../config.ts";
import type { ChainWakeUp } from "../domain/batches/wake-up.ts";
import type { ChainDeps } from "../services/chains/chain-deps.ts";
import { deleteChain, listChains, listChainVersions } from "../services/chains/change-chain.ts";
import { followChainRun } from "../services/chains/follow-chain-run.ts";
import { findChain } from "../services/chains/find-chain.ts";
import { publishChain } from "../services/chains/publish-chain.ts";
import { cancelChainRun, listChainRuns, readChainRun } from "../services/chains/read-chain-run.ts";
import { resumeChainRun, runChain } from "../services/chains/run-chain.ts";
import { startChainRun } from "../services/chains/start-chain-run.ts";
import { sweepChainRuns } from "../services/chains/wake-chain-runs.ts";
import type { LabelDeps } from "../services/prompts/label-records.ts";
import { deleteLabel, setLabel } from "../services/prompts/move-label.ts";
import { listLabels, listMoves } from "../services/prompts/read-labels.ts";
import { rollbackLabel } from "../services/prompts/rollback-label.ts";
import { ChainLabelRepository } from "../storage/chains/chain-labels.ts";
import { ChainRunRepository } from "../storage/chains/chain-runs.ts";
import { ChainRepository } from "../storage/chains/chains.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, every, report, sleep } from "./runtime.ts";

/** The services that chains are built over. */
export type ChainParts = { shards: Shards } & Pick<
  ChainDeps,
  "executions" | "execute" | "ids" | "keys" | "resolve" | "route" | "record" | "timeLimit" | "observeRun"
>;

/** The use cases of chains. */
export type ChainServices = ReturnType<typeof buildChains>;

/** Builds the use cases of chains. */
export function buildChains(env: Env, config: Config, { shards, ...parts }: ChainParts) {
  const { HIGH_QUEUE: high, STANDARD_QUEUE: standard, BATCH_QUEUE: batch, WEBHOOK_QUEUE: webhooks } = env;
  return {
    ...bindChainLabels(shards),
    ...bindChains({
      ...clock,
      ...parts,
      chains: new ChainRepository(shards),
      runs: new ChainRunRepository(shards),
      queues: { high, standard, batch, webhooks },
      every,
      sleep,
      random: () => Math.random(),
      newToken: () => crypto.randomUUID(),
      onError: (event, chain_run, error) => report(event, error, { chain_run }),
      settings: config.batch,
    }),
  };
}

/** The use cases of chains' labels: those of prompts, without what prompts are cached and told of. */
function bindChainLabels(shards: Shards) {
  const deps: LabelDeps = { ...clock, labels: new ChainLabelRepository(shards), follow: async () => undefined };
  return {
    setChainLabel: bind(setLabel, deps),
    rollbackChainLabel: bind(rollbackLabel, deps),
    deleteChainLabel: bind(deleteLabel, deps),
    listChainLabels: bind(listLabels, deps),
    listChainLabelMoves: bind(listMoves, deps),
  };
}

/** Binds the use cases of chains to what they work with. */
export function bindChains(deps: ChainDeps) {
  return {
    publishChain: bind(publishChain, deps),
    findChain: bind(findChain, deps),
    listChains: bind(listChains, deps),
    listChainVersions: bind(listChainVersions, deps),
    deleteChain: bind(deleteChain, deps),
    startChainRun: bind(startChainRun, deps),
    runChain: bind(runChain, deps),
    readChainRun: bind(readChainRun, deps),
    followChainRun: bind(followChainRun, deps),
    listChainRuns: bind(listChainRuns, deps),
    cancelChainRun: bind(cancelChainRun, deps),
    sweepChainRuns: bind(sweepChainRuns, deps),
    resumeChainRun: async ({ tenant_id, run_id }: ChainWakeUp) => resumeChainRun(deps, { tenant_id, id: run_id }),
  };
}
