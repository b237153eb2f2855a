import { and, desc, eq, exists, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Page } from "../../domain/page.ts";
import type { PromptPointer } from "../../domain/prompts/label.ts";
import { promptKey } from "../../domain/shard.ts";
import { audited, auditedSql, type AuditNote, entriesForRows } from "../audit/audited.ts";
import { promptLabels, prompts, promptTags, promptVersions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";
import { endingMoves, labelsAsJson } from "./label-store.ts";
import { IS_GATED, PROMPT_LABELS } from "./labels.ts";
import { type FolderPage, type FolderQuery, listFolder } from "./prompt-folders.ts";
import { listPrompts, type PromptQuery, type PromptSummary } from "./prompt-list.ts";

/** The row of an immutable version. */
export type VersionRow = typeof promptVersions.$inferSelect;
/** A version in a list: without its source and definition. */
export type VersionSummary = Pick<VersionRow, "version" | "content_hash" | "created_at" | "warnings">;
/** A version to publish. The repository assigns its number. */
export type NewVersion = Omit<VersionRow, "version">;

/**
 * Prompts with their versions and labels, each on the shard of `tenant/name`. Times are Unix ms.
 */
export class PromptRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Adds a version, unless the newest one has the same content; `created` says which. Concurrent
   * publishes get different numbers. Where `newest` is given, and the prompt exists, nothing is
   * written and undefined returned if its newest version is another one.
   */
  async publish(version: NewVersion, newest?: number): Promise<{ version: VersionRow; created: boolean } | undefined> {
    return publish(this.#home(version.tenant_id, version.name), version, newest);
  }

  /** Undefined for a prompt that does not exist or was deleted. */
  async pointer(tenantId: string, name: string): Promise<PromptPointer | undefined> {
    const db = this.#home(tenantId, name);
    const [found, labels] = await db.batch([
      db
        .select({
          latest_version: prompts.latest_version,
          first_version: firstVersion(tenantId, name),
          cache_epoch: prompts.cache_epoch,
        })
        .from(prompts)
        .where(isLive(tenantId, name)),
      db
        .select({ label: promptLabels.label, split: promptLabels.split })
        .from(promptLabels)
        .where(and(eq(promptLabels.tenant_id, tenantId), eq(promptLabels.name, name))),
    ]);
    if (!found[0]) return undefined;
    return { ...found[0], labels: Object.fromEntries(labels.map((row) => [row.label, row.split])) };
  }

  async version(tenantId: string, name: string, version: number): Promise<VersionRow | undefined> {
    return this.#home(tenantId, name)
      .select()
      .from(promptVersions)
      .where(versionIs(tenantId, name, version))
      .get();
  }

  /** A tenant's prompts by name, from all shards at once. */
  async list(tenantId: string, query: PromptQuery): Promise<Page<PromptSummary>> {
    return listPrompts(this.#shards, tenantId, query);
  }

  /** The prompts of a folder and the folders in it, by name, from all shards at once. */
  async listFolder(tenantId: string, query: FolderQuery): Promise<FolderPage> {
    return listFolder(this.#shards, tenantId, query);
  }

  /** Newest first; up to `limit + 1` rows. */
  async listVersions(tenantId: string, name: string, limit: number, before?: number): Promise<VersionSummary[]> {
    const { version, content_hash, created_at, warnings } = promptVersions;
    return this.#home(tenantId, name)
      .select({ version, content_hash, created_at, warnings })
      .from(promptVersions)
      .where(
        and(
          eq(promptVersions.tenant_id, tenantId),
          eq(promptVersions.name, name),
          before === undefined ? undefined : lt(promptVersions.version, before),
        ),
      )
      .orderBy(desc(promptVersions.version))
      .limit(limit + 1);
  }

  /**
   * Raises the cache epoch of the prompt, which purges its stored answers. False if there is no
   * such prompt.
   */
  async purge(tenantId: string, name: string): Promise<boolean> {
    const db = this.#home(tenantId, name);
    const change = db
      .update(prompts)
      .set({ cache_epoch: sql`${prompts.cache_epoch} + 1` })
      .where(isLive(tenantId, name))
      .returning({ name: prompts.name });
    const object = `prompt:${name}`;
    const note = { tenant_id: tenantId, prompt: name, action: "prompt.cache_purged", object } as const;
    const [, moved] = await db.batch(audited(db, note, change));
    return moved.length > 0;
  }

  /**
   * Deletes versions, labels and tags, and keeps the version counter and the moves of the labels.
   * False if there is no such prompt, or a label of it has to pass checks.
   */
  async delete(tenantId: string, name: string, now: number, keyId: string | null = null): Promise<boolean> {
    const isMine = sql`tenant_id = ${tenantId} and name = ${name}`;
    const isFree = sql`not exists (select 1 from label_protections where ${isMine} and ${IS_GATED})`;
    const why = "The prompt was deleted.";
    const note = { tenant_id: tenantId, prompt: name };
    const latest_version = sql`(select latest_version from prompts where ${isMine})`;
    const detail = { latest_version, labels: labelsAsJson(PROMPT_LABELS, { tenant_id: tenantId, name }) };
    const ended = { key_id: keyId, cause: "prompt_deletion", moved_at: now } as const;
    const [, gone] = await transact(this.#home(tenantId, name), [
      ...auditedSql(
        { ...note, action: "prompt.deleted", object: `prompt:${name}`, detail },
        sql`update prompts set deleted_at = ${now} where ${isMine} and deleted_at is null and ${isFree} returning name`,
      ),
      endingMoves(PROMPT_LABELS, { tenant_id: tenantId, name }, ended, isFree),
      ...["prompt_versions", "prompt_labels", "prompt_tags"].map(
        (table) => sql`delete from ${sql.identifier(table)} where ${isMine} and ${isFree}`,
      ),
      entriesForRows(
        { ...note, action: "promotion.refused", object: sql`'promotion:' || id`, detail: { why } },
        sql`promotions where ${isMine} and status = 'pending' and ${isFree}`,
      ),
      sql`update promotions set status = 'failed', detail = ${why}, ended_at = ${now}, due_at = ${now}
        where ${isMine} and status = 'pending' and ${isFree}`,
    ]);
    return (gone?.length ?? 0) > 0;
  }

  #home(tenantId: string, name: string): Database {
    return this.#shards.of(promptKey(tenantId, name));
  }
}

function isLive(tenantId: string, name: string) {
  return and(eq(prompts.tenant_id, tenantId), eq(prompts.name, name), isNull(prompts.deleted_at));
}

/** The lowest version that exists: one seek in the primary key, whatever the number of versions. */
function firstVersion(tenantId: string, name: string) {
  return sql<number>`(select min(v.version) from prompt_versions v where v.tenant_id = ${tenantId} and v.name = ${name})`;
}

function versionIs(tenantId: string, name: string, version: number) {
  return and(
    eq(promptVersions.tenant_id, tenantId),
    eq(promptVersions.name, name),
    eq(promptVersions.version, version),
  );
}

/**
 * One transaction (a D1 batch): raises the counter if the content is new, copies the counter into a
 * version row, replaces the tags and reads the newest version back. All of it only where the newest
 * version is the expected one, if one is.
 */
async function publish(db: Database, row: NewVersion, expected?: number) {
  const { tenant_id, name, created_at, content_hash } = row;
  const isMine = and(eq(prompts.tenant_id, tenant_id), eq(prompts.name, name));
  const isExpected = expected === undefined ? undefined : eq(prompts.latest_version, expected);
  /** Whether the newest version has this content, be it this one or the one before. */
  const isPublished = and(isMine, eq(prompts.latest_hash, content_hash), isNull(prompts.deleted_at));
  const counter = db
    .insert(prompts)
    .values({ tenant_id, name, latest_version: 1, latest_hash: content_hash, created_at, updated_at: created_at })
    .onConflictDoUpdate({
      target: [prompts.tenant_id, prompts.name],
      set: {
        latest_version: sql`${prompts.latest_version} + 1`,
        latest_hash: content_hash,
        updated_at: created_at,
        deleted_at: null,
      },
      setWhere: and(
        isExpected && and(isExpected, isNull(prompts.deleted_at)),
        sql`(${prompts.latest_hash} <> ${content_hash} or ${prompts.deleted_at} is not null)`,
      ),
    })
    .returning({ version: prompts.latest_version });
  const body = db
    .insert(promptVersions)
    .select(
      db
        .select({
          tenant_id: prompts.tenant_id,
          name: prompts.name,
          version: prompts.latest_version,
          content_hash: sql<string>`${content_hash}`.as("content_hash"),
          format: sql<"yaml" | "json">`${row.format}`.as("format"),
          source: sql<string>`${row.source}`.as("source"),
          definition: sql<VersionRow["definition"]>`${JSON.stringify(row.definition)}`.as("definition"),
          warnings: sql<string[]>`${JSON.stringify(row.warnings)}`.as("warnings"),
          created_at: sql<number>`${created_at}`.as("created_at"),
        })
        .from(prompts)
        .where(isPublished),
    )
    .onConflictDoNothing();
  const newest = db
    .select({ version: promptVersions })
    .from(promptVersions)
    .innerJoin(prompts, and(isMine, eq(promptVersions.version, prompts.latest_version)))
    .where(and(eq(promptVersions.tenant_id, tenant_id), eq(promptVersions.name, name)));
  const [, moved, , , found] = await db.batch([
    ...audited(db, publicationOf(row), counter),
    body,
    newest,
    ...replaceTags(db, row, isPublished),
  ]);
  const version = found[0]?.version;
  const isCreated = moved.length > 0;
  if (expected !== undefined && !isCreated && version?.version !== expected) return undefined;
  if (!version) throw new Error("a published version could not be read back");
  return { version, created: isCreated };
}

function publicationOf({ tenant_id, name, content_hash }: NewVersion): AuditNote {
  const before = sql`(select latest_version from prompts where tenant_id = ${tenant_id} and name = ${name})`;
  const detail = { version: sql`1 + coalesce(${before}, 0)`, content_hash };
  return { tenant_id, prompt: name, action: "prompt.published", object: `prompt:${name}`, detail };
}

/** Replaces a prompt's tags by those of a version, where the prompt is as `isPublished` says. */
function replaceTags(db: Database, { tenant_id, name, definition }: NewVersion, isPublished: SQL | undefined) {
  const isOld = and(eq(promptTags.tenant_id, tenant_id), eq(promptTags.name, name));
  const published = (tag: string) =>
    db
      .select({ tenant_id: prompts.tenant_id, tag: sql<string>`${tag}`.as("tag"), name: prompts.name })
      .from(prompts)
      .where(isPublished);
  return [
    db.delete(promptTags).where(and(isOld, exists(db.select().from(prompts).where(isPublished)))),
    ...definition.tags.map((tag) => db.insert(promptTags).select(published(tag)).onConflictDoNothing()),
  ];
}
