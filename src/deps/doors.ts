import type { Config } from "../config.ts";
import type { Candidate } from "../domain/completions/candidate.ts";
import type { Providers } from "../providers/create-providers.ts";
import { askProvider, type AskProviderDeps } from "../services/completions/ask-provider.ts";
import { listModels, type ListModelsDeps } from "../services/completions/list-models.ts";
import { candidateOf } from "../services/completions/route-model.ts";
import { bind, type UseCase } from "./bind.ts";

/** What clients of doors ask for beside executions. */
export interface DoorServices {
  askProvider: UseCase<typeof askProvider>;
  listModels: UseCase<typeof listModels>;
  /** The candidate that the name of a model stands for, as clients of doors name models. */
  findModel: (tenantId: string, name: string) => Promise<Candidate | undefined>;
}

/** Builds the services of doors. */
export function buildDoors(
  { callTimes }: Config,
  parts: Pick<AskProviderDeps, "keysFor"> & Pick<ListModelsDeps, "upstreamsOf"> & { providers: Providers },
): DoorServices {
  const { keysFor, upstreamsOf, providers } = parts;
  const asking = { keysFor, forward: providers.forward, timeoutMs: callTimes.readMs };
  return {
    askProvider: bind(askProvider, asking),
    listModels: bind(listModels, { ...asking, upstreamsOf }),
    findModel: async (tenantId, name) => candidateOf({ upstreamsOf }, tenantId, name, { keepsRetired: true }),
  };
}
