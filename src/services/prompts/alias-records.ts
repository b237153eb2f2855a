import type { RecordCache, Staleness } from "../../cache/records.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { isBoundToWrites } from "../../storage/read-scope.ts";
import type { AliasRepository, AliasRow } from "../../storage/prompts/aliases.ts";

/** An alias of a prompt. */
export type PromptAlias = AliasRow;

/** What reading an alias needs. `staleness` is that of prompts' pointers. */
export interface ReadAliasDeps {
  aliases: Pick<AliasRepository, "find">;
  records: Pick<RecordCache, "read">;
  staleness: Staleness;
}

/** What changing an alias needs. */
export interface ChangeAliasDeps {
  aliases: Pick<AliasRepository, "find" | "put" | "delete">;
  records: Pick<RecordCache, "refresh">;
}

/**
 * An alias through the cache tiers, by the rules of prompts' pointers; null if there is none.
 * `revalidate` reads it from its shard and ignores copies while the shard answers.
 */
export async function readAlias(
  { aliases, records, staleness }: ReadAliasDeps,
  tenantId: string,
  alias: string,
  revalidate = false,
): Promise<PromptAlias | null> {
  const load = async () => aliases.find(tenantId, alias);
  const key = await aliasKey(tenantId, alias);
  const { value } = await records.read(key, {
    staleness,
    revalidate: revalidate || isBoundToWrites(),
    mayLag: true,
    load,
  });
  return value;
}

/**
 * Reads an alias back after a change, so that this isolate and data centre see the change at once,
 * and all others within the bound on staleness.
 */
export async function refreshAlias(
  { aliases, records }: ChangeAliasDeps,
  tenantId: string,
  alias: string,
): Promise<void> {
  await records.refresh(await aliasKey(tenantId, alias), async () => aliases.find(tenantId, alias));
}

/**
 * The key of the record of an alias. It has a digest, because keys are paths of URLs and at most
 * 512 bytes in KV, and an alias may be `..` or 1,024 bytes long.
 */
async function aliasKey(tenantId: string, alias: string): Promise<string> {
  return `alias/${tenantId}/${await sha256Hex(alias)}`;
}
