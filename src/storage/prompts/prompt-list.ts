import { and, eq, gt, gte, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import { mergePages, type Page } from "../../domain/page.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
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
  /** The first {@link MOST_LABELS} by name, without `latest`. */
  labels: { label: string; split: SplitArm[] }[];
  created_at: number;
  updated_at: number;
}

/** The labels of a prompt that a list has. */
const MOST_LABELS = 50;

/**
 * A query for a page of prompts: at most `limit`, after the name `after`, with the tag `tag` and the
 * label `label`, and with names that begin with `prefix`.
 */
export interface PromptQuery {
  limit: number;
  after?: string;
  tag?: string;
  label?: string;
  prefix?: string;
}

/** Comes after every character that a name may have. */
const LAST_CHARACTER = "\u{10ffff}";

/** A page of a tenant's prompts by name, from all shards at once. */
export async function listPrompts(shards: Shards, tenantId: string, query: PromptQuery): Promise<Page<PromptSummary>> {
  const parts = await shards.atOnce(async (db, isHere) => listOwn(db, isHere, tenantId, query));
  return mergePages(parts, query.limit, (row) => row.name, { list: "prompts", order: "asc" });
}

/** Those of a query that are the shard's own; up to `limit + 1`. */
export async function listOwn(
  db: Database,
  isHere: (bucket: number) => boolean,
  tenantId: string,
  query: PromptQuery,
): Promise<PromptSummary[]> {
  return readOwnRows<PromptSummary>({
    limit: query.limit,
    isHere: ({ name }) => isHere(bucketOfPrompt({ tenant_id: tenantId, name })),
    read: async (last) => listOnShard(db, tenantId, { ...query, after: last?.name ?? query.after }),
  });
}

async function listOnShard(db: Database, tenantId: string, query: PromptQuery): Promise<PromptSummary[]> {
  const rows = await selectSummaries(db)
    .where(
      and(
        eq(prompts.tenant_id, tenantId),
        isNull(prompts.deleted_at),
        query.after === undefined ? undefined : gt(prompts.name, query.after),
        query.prefix === undefined ? undefined : gte(prompts.name, query.prefix),
        query.prefix === undefined ? undefined : lt(prompts.name, query.prefix + LAST_CHARACTER),
        query.label === undefined ? undefined : hasLabel(query.label),
        query.tag === undefined ? undefined : inArray(prompts.name, taggedNames(db, tenantId, query.tag)),
      ),
    )
    .orderBy(prompts.name)
    .limit(query.limit + 1);
  return rows.map(toSummary);
}

/** The prompts of some names on one shard, by name. */
export async function summariesOf(
  db: Database,
  tenantId: string,
  names: readonly string[],
): Promise<Map<string, PromptSummary>> {
  if (names.length === 0) return new Map();
  const isNamed = sql`${prompts.name} in (select value from json_each(${JSON.stringify(names)}))`;
  const rows = await selectSummaries(db).where(
    and(eq(prompts.tenant_id, tenantId), isNull(prompts.deleted_at), isNamed),
  );
  return new Map(rows.map((row) => [row.name, toSummary(row)]));
}

function selectSummaries(db: Database) {
  const isOfPrompt = sql`tenant_id = "prompts"."tenant_id" and name = "prompts"."name"`;
  return db
    .select({
      name: prompts.name,
      version: prompts.latest_version,
      content_hash: prompts.latest_hash,
      created_at: prompts.created_at,
      updated_at: prompts.updated_at,
      tags: sql<string>`(select json_group_array(tag) from prompt_tags where ${isOfPrompt})`,
      labels: sql<string>`(select json_group_array(json_object('label', label, 'split', json(split)))
        from (select label, split from prompt_labels where ${isOfPrompt} order by label limit ${MOST_LABELS}))`,
    })
    .from(prompts);
}

function toSummary(row: Omit<PromptSummary, "tags" | "labels"> & { tags: string; labels: string }): PromptSummary {
  return {
    ...row,
    tags: JSON.parse(row.tags) as string[],
    labels: JSON.parse(row.labels) as PromptSummary["labels"],
  };
}

function hasLabel(label: string): SQL {
  return sql`exists (select 1 from prompt_labels l where l.tenant_id = "prompts"."tenant_id"
    and l.name = "prompts"."name" and l.label = ${label})`;
}

function taggedNames(db: Database, tenantId: string, tag: string) {
  return db
    .select({ name: promptTags.name })
    .from(promptTags)
    .where(and(eq(promptTags.tenant_id, tenantId), eq(promptTags.tag, tag)));
}
