import { sql } from "drizzle-orm";
import { type Page, toPage } from "../../domain/page.ts";
import { bucketOfPrompt } from "../../domain/shard.ts";
import { readOwnRows } from "../own-rows.ts";
import type { Database, Shards } from "../shards.ts";
import { listOwn, type PromptQuery, type PromptSummary, summariesOf } from "./prompt-list.ts";

/** A query for a page of a folder, whose prefix is what `prefix` has up to its last slash. */
export type FolderQuery = Pick<PromptQuery, "limit" | "after" | "prefix">;

/** A page of prompts, with the folders among them, by their prefixes. */
export interface FolderPage extends Page<PromptSummary> {
  prefixes: string[];
}

/** A prompt, or a folder with the name of one of its prompts. */
interface Entry {
  /** The prompt's name, or the prefix of the folder. Entries are in the order of their keys. */
  key: string;
  name: string;
  isOwn: boolean;
  prompt?: PromptSummary | undefined;
}

/**
 * A page of the prompts whose names begin with `prefix`: those with a slash after it are told by
 * their folders. `limit` is how many prompts and folders there are together, and as many names are
 * looked up on each shard, whatever the folders hold.
 */
export async function listFolder(shards: Shards, tenantId: string, query: FolderQuery): Promise<FolderPage> {
  const parts = await shards.atOnce(async (db, isHere) => listOwnEntries(db, isHere, tenantId, query));
  const entries = new Map(parts.flat().map((entry) => [entry.key, entry]));
  const sorted = [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const { data, next_cursor } = toPage(sorted, query.limit, ({ key }) => key, "prompts");
  return {
    data: data.flatMap(({ prompt }) => prompt ?? []),
    prefixes: data.flatMap(({ key, prompt }) => (prompt ? [] : [key])),
    next_cursor,
  };
}

async function listOwnEntries(
  db: Database,
  isHere: (bucket: number) => boolean,
  tenantId: string,
  query: FolderQuery,
): Promise<Entry[]> {
  /** Of a folder whose first prompt is another shard's, the next ones are looked at. */
  const isOwn = async ({ key, name, isOwn: isThere }: Entry) =>
    isHere(bucketOfPrompt({ tenant_id: tenantId, name }))
      ? isThere
      : key !== name && (await listOwn(db, isHere, tenantId, { prefix: key, limit: 1 })).length > 0;
  return readOwnRows<Entry>({
    limit: query.limit,
    isHere: (entry) => entry.isOwn,
    async read(last) {
      const entries = await listEntries(db, tenantId, { ...query, after: last?.key ?? query.after });
      return Promise.all(entries.map(async (entry) => ({ ...entry, isOwn: await isOwn(entry) })));
    },
  });
}

/** What comes right after the slash, and so after every name of a folder. */
const AFTER_SLASH = "0";
/** Less than every character that a name may have. */
const FIRST_CHARACTER = " ";
/** Comes after every character that a name may have. */
const LAST_CHARACTER = "\u{10ffff}";

/**
 * The entries of one shard. Each step of the walk seeks the first name after the prompt or the
 * folder before it.
 */
async function listEntries(
  db: Database,
  tenantId: string,
  { prefix = "", after, limit }: FolderQuery,
): Promise<Entry[]> {
  const start = after === undefined || afterKey(after) < prefix ? prefix : afterKey(after);
  const isFound = sql`tenant_id = ${tenantId} and deleted_at is null and name < ${prefix + LAST_CHARACTER}`;
  const slash = sql`instr(substr(walk.name, ${prefix.length + 1}), '/')`;
  const next = sql`case ${slash} when 0 then walk.name || ${FIRST_CHARACTER}
    else substr(walk.name, 1, ${prefix.length - 1} + ${slash}) || ${AFTER_SLASH} end`;
  const found = await db.all<{ name: string }>(sql`
    with recursive walk(name, step) as (
      select (select name from prompts where ${isFound} and name >= ${start} order by name limit 1), 1
      union all
      select (select name from prompts where ${isFound} and name >= ${next} order by name limit 1), step + 1
      from walk where walk.name is not null and step <= ${limit})
    select name from walk where name is not null order by name`);
  const entries = found.map(({ name }): Entry => ({ key: keyOf(name, prefix), name, isOwn: true }));
  const names = entries.flatMap(({ key, name }) => (key === name ? [name] : []));
  const prompts = await summariesOf(db, tenantId, names);
  return entries.map((entry) => {
    const prompt = prompts.get(entry.name);
    // A prompt that was deleted between the two reads is left out.
    return entry.key === entry.name ? { ...entry, prompt, isOwn: prompt !== undefined } : entry;
  });
}

function keyOf(name: string, prefix: string): string {
  const slash = name.indexOf("/", prefix.length);
  return slash < 0 ? name : name.slice(0, slash + 1);
}

/** The least name that comes after a prompt, or after all of a folder. */
function afterKey(key: string): string {
  return key.endsWith("/") ? key.slice(0, -1) + AFTER_SLASH : key + FIRST_CHARACTER;
}
