import { notFound } from "../../domain/errors.ts";
import { checkReference, type PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { FoundChain } from "../../storage/chains/chains.ts";
import type { ChainDeps } from "./chain-deps.ts";

export type { ChainPointer, ChainVersion } from "../../storage/chains/chains.ts";

/**
 * Finds the version behind a reference. `roll` in [0, 1) decides a split. Throws `not_found` for a
 * chain, version or label that the tenant does not have.
 */
export async function findChain(
  { chains }: Pick<ChainDeps, "chains">,
  tenantId: string,
  chain: PromptReference,
  roll: number,
): Promise<FoundChain> {
  checkReference(chain);
  const found = await chains.find(tenantId, chain, roll);
  if (found) return found;
  throw notFound(found === undefined ? "chain" : chain.label === undefined ? "chain version" : "chain label");
}
