import { readChain } from "../../domain/chains/read-chain.ts";
import { AppError } from "../../domain/errors.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { SourceFormat } from "../../domain/prompts/prompt.ts";
import { sha256Hex } from "../../lib/hash.ts";
import type { FoundChain } from "../../storage/chains/chains.ts";
import { checkRowSize } from "../prompts/check-row-size.ts";
import { type ExpectedVersion, expectNewest, notNewest } from "../prompts/publish-prompt.ts";
import type { ChainDeps } from "./chain-deps.ts";
import { requirePrompts } from "./start-chain-run.ts";

/** The file to publish under the name of a chain. */
export interface ChainSource {
  name: string;
  source: string;
  format: SourceFormat;
  /** Which newest version the caller has seen; any where it is absent. */
  expected?: ExpectedVersion;
}

/**
 * Reads a file and adds it as a version, unless the newest one has the same content. Throws the
 * errors of `readChain`, `payload_too_large`, a `validation_error` for a step whose prompt does not
 * exist, `precondition_failed` where the newest version is not the expected one, and `conflict` if the chain is deleted meanwhile.
 */
export async function publishChain(
  deps: Pick<ChainDeps, "now" | "chains" | "resolve">,
  tenantId: string,
  { name, source, format, expected }: ChainSource,
): Promise<FoundChain & { created: boolean }> {
  const read = readChain(source, format, name);
  checkRowSize("chain", [source, JSON.stringify(read.definition), JSON.stringify(read.warnings)]);
  await requirePrompts(deps, tenantId, read.definition);
  const newest = expected && expectNewest("chain", name, await deps.chains.newest(tenantId, name), expected);
  const content_hash = await sha256Hex(source);
  const known = { tenant_id: tenantId, name, content_hash, format, source, created_at: deps.now() };
  const published = await deps.chains.publish({ ...known, ...read }, newest);
  if (!published) throw notNewest(name, newest);
  const found = await deps.chains.find(tenantId, { name, label: LATEST_LABEL }, 0);
  if (!found) throw new AppError("conflict", "The chain was deleted while this version was published.");
  return { ...found, created: published.created };
}
