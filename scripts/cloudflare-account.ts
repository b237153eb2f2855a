import { type Wrangler, WranglerFailed } from "./wrangler.ts";

/** What the account has: names of databases, queues, buckets and secrets, titles of namespaces. */
export interface Account {
  /** Ids by names. */
  databases: ReadonlyMap<string, string>;
  /** Ids by titles. */
  namespaces: ReadonlyMap<string, string>;
  queues: ReadonlySet<string>;
  /** The first twenty, which is all that wrangler shows. */
  buckets: ReadonlySet<string>;
  secrets: ReadonlySet<string>;
}

const FIRST_MIGRATION = "0000_foundation.sql";
/** Times in ms between two looks at a list, which may miss for a while what was just created. */
const PAUSES_MS = [2_000, 8_000];

export async function readAccount(wrangler: Wrangler): Promise<Account> {
  const [databases, namespaces, queues, buckets, secrets] = await Promise.all([
    listDatabases(wrangler),
    listNamespaces(wrangler),
    // Wrangler prints these two for people only.
    wrangler(["queues", "list"]),
    wrangler(["r2", "bucket", "list"]),
    listSecrets(wrangler),
  ]);
  return {
    databases,
    namespaces,
    queues: namesIn(/│ (\S+)(?= +│)/g, queues),
    buckets: namesIn(/^name: +(\S+)/gm, buckets),
    secrets,
  };
}

/** Creates something that an earlier attempt, whose answer was lost, may have created. */
export async function createOnce(wrangler: Wrangler, args: readonly string[]): Promise<void> {
  try {
    await wrangler(args);
  } catch (error) {
    if (!(error instanceof WranglerFailed) || !/already (?:exists|taken|own)/i.test(error.output)) throw error;
  }
}

/** Reads ids until a list has some names. Throws where one is missing for long. */
export async function idsOf(
  read: () => Promise<Map<string, string>>,
  names: readonly string[],
  pause: (ms: number) => Promise<void>,
): Promise<Map<string, string>> {
  const missingIn = (ids: ReadonlyMap<string, string>) => names.find((name) => !ids.has(name));
  let ids = await read();
  for (const pauseMs of PAUSES_MS) {
    if (missingIn(ids) === undefined) return ids;
    await pause(pauseMs);
    ids = await read();
  }
  const missing = missingIn(ids);
  if (missing !== undefined) throw new Error(`the account does not list ${missing} yet; run this again in a minute`);
  return ids;
}

export async function listDatabases(wrangler: Wrangler): Promise<Map<string, string>> {
  const listed = JSON.parse(await wrangler(["d1", "list", "--json"])) as { name: string; uuid: string }[];
  return new Map(listed.map(({ name, uuid }) => [name, uuid]));
}

export async function listNamespaces(wrangler: Wrangler): Promise<Map<string, string>> {
  const listed = JSON.parse(await wrangler(["kv", "namespace", "list"])) as { id: string; title: string }[];
  return new Map(listed.map(({ id, title }) => [title, id]));
}

/** The names of the secrets that are set; none where the Worker was never deployed. */
export async function listSecrets(wrangler: Wrangler): Promise<Set<string>> {
  try {
    const listed = JSON.parse(await wrangler(["secret", "list", "--format", "json"])) as { name: string }[];
    return new Set(listed.map(({ name }) => name));
  } catch (error) {
    // Any other fault would have new secrets set in place of those that the data needs.
    if (error instanceof WranglerFailed && /^.*Worker ".*" not found/m.test(error.output)) return new Set();
    throw error;
  }
}

/** Whether a migrated database has tenants. */
export async function hasTenants(wrangler: Wrangler, database: string): Promise<boolean> {
  const [first] = await query<{ found: number }>(wrangler, database, "select exists (select 1 from tenants) as found");
  return first?.found !== 0;
}

/**
 * The name of a table of a database that no migration made; undefined without any. It is named by
 * its id, since wrangler takes the one in the configuration for a name.
 */
export async function foreignTable(wrangler: Wrangler, id: string): Promise<string | undefined> {
  const isTheirs = "type = 'table' and substr(name, 1, 4) <> '_cf_' and substr(name, 1, 7) <> 'sqlite_'";
  const tables = `select name from sqlite_schema where ${isTheirs} and name <> 'd1_migrations' limit 1`;
  const [first] = await query<{ name: string }>(wrangler, id, tables);
  if (!first || (await appliedMigrations(wrangler, id)).has(FIRST_MIGRATION)) return undefined;
  return first.name;
}

/** The names of the migrations that a database has; none where it was never migrated. */
export async function appliedMigrations(wrangler: Wrangler, database: string): Promise<Set<string>> {
  try {
    const rows = await query<{ name: string }>(wrangler, database, "select name from d1_migrations");
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (error instanceof WranglerFailed && /no such table: d1_migrations/.test(error.output)) return new Set();
    throw error;
  }
}

async function query<Row>(wrangler: Wrangler, database: string, command: string): Promise<Row[]> {
  const answer = await wrangler(["d1", "execute", database, "--remote", "--json", "--command", command]);
  const [first] = JSON.parse(answer) as { results: Row[] }[];
  return first?.results ?? [];
}

function namesIn(pattern: RegExp, text: string): Set<string> {
  return new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""));
}
