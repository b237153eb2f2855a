import { notFound } from "../../domain/errors.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { ChainSummary, ChainVersionSummary } from "../../storage/chains/chains.ts";
import type { ChainDeps } from "./chain-deps.ts";
import { findChain } from "./find-chain.ts";

type Deps = Pick<ChainDeps, "now" | "chains">;

/** A page of a tenant's chains by name. Throws a 422 for a bad cursor. */
export async function listChains(
  { chains }: Deps,
  tenantId: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<Page<ChainSummary>> {
  const rows = await chains.list(tenantId, { limit, after: decodeCursor("chains", cursor) });
  return toPage(rows, limit, ({ name }) => name, "chains");
}

/** A page of a chain's versions, newest first. Throws `not_found`, and a 422 for a bad cursor. */
export async function listChainVersions(
  deps: Deps,
  tenantId: string,
  { name, limit, cursor }: { name: string; limit: number; cursor?: string },
): Promise<Page<ChainVersionSummary>> {
  await findChain(deps, tenantId, { name, label: LATEST_LABEL }, 0);
  const before = decodeCursor("versions", cursor);
  const rows = await deps.chains.listVersions(tenantId, name, limit, before === undefined ? undefined : Number(before));
  return toPage(rows, limit, ({ version }) => String(version), "versions");
}

/**
 * Deletes a chain with its versions and labels, for the key that asks; its runs go on. Throws
 * `not_found`.
 */
export async function deleteChain(deps: Deps, tenantId: string, name: string, keyId: string): Promise<void> {
  if (!(await deps.chains.delete(tenantId, name, deps.now(), keyId))) throw notFound("chain");
}
