import { and, eq, gt, gte, inArray, isNull, lt, sql } from "drizzle-orm";
import { mergePages, type Page } from "../../domain/page.ts";
import { bucketOfPrompt } from "../../domain/shard.ts";
import { readOwnRows } from "../own-rows.ts";
import { prompts, promptTags } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** A prompt in a list. Times are Unix ms. */
export interface PromptSummary {
  name: string;
  version: number;
  content_hash: string;
  tags: string[];
  created_at: number;
  updated_at: number;
}

/**
 * A query for a page of prompts: at most `limit`, after the name `after`, with the tag `tag`, and
 * with names that begin with `prefix`.
 */
export interface PromptQuery {
  limit: number;
  after?: string;
  tag?: string;
  prefix?: string;
}

/** Comes after every character that a name may have. */
const LAST_CHARACTER = "\u{10ffff}";

/** A page of a tenant's prompts by name, from all shards at once. */
export async function listPrompts(shards: Shards, tenantId: string, query: PromptQuery): Promise<Page<PromptSummary>> {
  const parts = await shards.atOnce(async (db, isHere) =>
    readOwnRows<PromptSummary>({
      limit: query.limit,
      isHere: ({ name }) => isHere(bucketOfPrompt({ tenant_id: tenantId, name })),
      read: async (last) => listOnShard(db, tenantId, { ...query, after: last?.name ?? query.after }),
    }),
  );
  return mergePages(parts, query.limit, (row) => row.name, { list: "prompts", order: "asc" });
}

async function listOnShard(db: Database, tenantId: string, query: PromptQuery) {
  const tags = sql<string>`(select json_group_array(t.tag) from prompt_tags t where t.tenant_id = "prompts"."tenant_id" and t.name = "prompts"."name")`;
  const rows = await db
    .select({
      name: prompts.name,
      version: prompts.latest_version,
      content_hash: prompts.latest_hash,
      created_at: prompts.created_at,
      updated_at: prompts.updated_at,
      tags,
    })
    .from(prompts)
    .where(
      and(
        eq(prompts.tenant_id, tenantId),
        isNull(prompts.deleted_at),
        query.after === undefined ? undefined : gt(prompts.name, query.after),
        query.prefix === undefined ? undefined : gte(prompts.name, query.prefix),
        query.prefix === undefined ? undefined : lt(prompts.name, query.prefix + LAST_CHARACTER),
        query.tag === undefined ? undefined : inArray(prompts.name, taggedNames(db, tenantId, query.tag)),
      ),
    )
    .orderBy(prompts.name)
    .limit(query.limit + 1);
  return rows.map((row) => ({ ...row, tags: JSON.parse(row.tags) as string[] }));
}

function taggedNames(db: Database, tenantId: string, tag: string) {
  return db
    .select({ name: promptTags.name })
    .from(promptTags)
    .where(and(eq(promptTags.tenant_id, tenantId), eq(promptTags.tag, tag)));
}
