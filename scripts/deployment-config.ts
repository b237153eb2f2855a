import { FIRST_SHARDS } from "../src/domain/shard.ts";

/** What a wrangler.toml names, each name once. */
export interface DeploymentNames {
  worker: string;
  databases: readonly { name: string; id: string }[];
  queues: readonly string[];
  buckets: readonly string[];
  /** The title of the KV namespace, which the file has the id of. */
  namespace: string;
}

/**
 * The most databases of a deployment. A Worker can have more, but lists ask each of them, and an
 * invocation of the cron makes 23 of its 1,000 statements for each where nothing is due.
 */
const MOST_SHARDS = 40;
const SHARD_BLOCK = /\[\[d1_databases\]\]\r?\nbinding = "DB_SHARD_\d+"\r?\n(?:[a-z_]+ = .*\n)+/g;
const DATABASE = /^database_name = "([^"]+)"(?:\r?\ndatabase_id = "([^"]*)")?/gm;
const CACHE_ID = /(binding = "CACHE"\r?\nid = ")[^"]*/;
/** The id of a database that was not created yet. */
const NO_ID = /^0{8}-0{4}-0{4}-0{4}-0{10}\d\d$/;

/** Reads the names of a deployment. Throws where the file has a form that cannot be changed in place. */
export function namesOf(config: string): DeploymentNames {
  if (/^\[+env\./m.test(config)) {
    throw new Error("environments are not supported; give another deployment a file of its own, and --config FILE");
  }
  const [worker] = namesIn(/^name = "([^"]+)"/gm, config);
  if (worker === undefined) throw new Error("the configuration has no name of the Worker");
  if (!CACHE_ID.test(config)) throw new Error('the id of the namespace CACHE must follow `binding = "CACHE"`');
  const databases = [...config.matchAll(DATABASE)].map(([, name = "", id]) => {
    if (id === undefined) throw new Error(`database_id of ${name} must follow the line of its database_name`);
    return { name, id };
  });
  return {
    worker,
    databases,
    queues: namesIn(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm, config),
    buckets: namesIn(/^bucket_name = "([^"]+)"/gm, config),
    namespace: `${worker}-cache`,
  };
}

/** Whether an id names a database, rather than holding its place until that is created. */
export function isId(id: string): boolean {
  return !NO_ID.test(id);
}

/**
 * The configuration with so many databases. New ones own no buckets until some are moved to them.
 * Throws for fewer than there are: buckets may be on any of them.
 */
export function withShards(config: string, count: number): string {
  const blocks = [...config.matchAll(SHARD_BLOCK)];
  const last = blocks.at(-1);
  if (!last) throw new Error("the configuration names no database DB_SHARD_0");
  const least = Math.max(blocks.length, FIRST_SHARDS.length);
  if (!Number.isInteger(count) || count < least || count > MOST_SHARDS) {
    throw new Error(`shards must be a whole number from ${least} to ${MOST_SHARDS}: there are ${blocks.length} now`);
  }
  const { worker } = namesOf(config);
  const added = Array.from({ length: count - blocks.length }, (_, index) => blockOf(worker, blocks.length + index));
  const end = last.index + last[0].length;
  return config.slice(0, end) + added.map((block) => `\n${block}`).join("") + config.slice(end);
}

function blockOf(worker: string, shard: number): string {
  return `[[d1_databases]]
binding = "DB_SHARD_${shard}"
database_name = "${worker}-${shard}"
database_id = "00000000-0000-0000-0000-${String(shard).padStart(12, "0")}"
migrations_dir = "migrations"
`;
}

/** The configuration with the ids of its databases. */
export function withDatabaseIds(config: string, ids: ReadonlyMap<string, string>): string {
  return config.replace(DATABASE, (line, name: string, id: string) =>
    line.replace(`"${id}"`, `"${ids.get(name) ?? id}"`),
  );
}

/** The configuration with the id of its namespace. */
export function withNamespaceId(config: string, id: string): string {
  return config.replace(CACHE_ID, `$1${id}`);
}

function namesIn(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))];
}
