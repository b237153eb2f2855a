import { invalid, notFound } from "../../domain/errors.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import { LATEST_LABEL, type SplitArm } from "../../domain/prompts/label.ts";
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
 * Points a label at one version, or splits it among several. Throws `not_found` for a chain that
 * does not exist, and `validation_error` for versions that do not, and for the label `latest`.
 */
export async function setChainLabel(
  deps: Deps,
  tenantId: string,
  { name, label, split }: { name: string; label: string; split: SplitArm[] },
): Promise<void> {
  if (label === LATEST_LABEL) {
    throw invalid([{ path: "label", message: "`latest` follows the newest version by itself and cannot be set" }]);
  }
  if (await deps.chains.setLabel(tenantId, name, { label, split }, deps.now())) return;
  await findChain(deps, tenantId, { name, label: LATEST_LABEL }, 0);
  const path = split.length === 1 ? "version" : "split";
  throw invalid([
    { path, message: `must name versions that exist, not ${split.map(({ version }) => version).join(", ")}` },
  ]);
}

/** Deletes a chain with its versions and labels; its runs go on. Throws `not_found`. */
export async function deleteChain(deps: Deps, tenantId: string, name: string): Promise<void> {
  if (!(await deps.chains.delete(tenantId, name, deps.now()))) throw notFound("chain");
}
