import { FIRST_SHARDS } from "../src/domain/shard.ts";

/** What provisioning does to the world outside. */
export interface ProvisioningDeps {
  /** Runs wrangler and returns its output. Throws with its error output, also in `stderr`. */
  wrangler: (args: string[], input?: string) => string;
  readConfig: () => string;
  writeConfig: (text: string) => void;
  say: (line: string) => void;
  /** Random bytes as text. */
  random: (bytes: number, encoding: "hex" | "base64") => string;
}

/** The most databases of a deployment: a Worker can have more, but lists ask each of them. */
const MOST_SHARDS = 64;
const SHARD_BLOCK = /\[\[d1_databases\]\]\nbinding = "DB_SHARD_\d+"\n(?:[a-z_]+ = .*\n)+/g;

/**
 * Creates what wrangler.toml names and the account lacks, in this order: databases with their
 * migrations, the cache, queues, the archive, and last the secrets, without which no deployment
 * works. It can be run again. With `shards`, wrangler.toml gets as many databases first.
 */
export function provision(deps: ProvisioningDeps, shards?: number): void {
  if (shards !== undefined) deps.writeConfig(withShards(deps.readConfig(), shards));
  provisionDatabases(deps);
  provisionCache(deps);
  provisionQueues(deps);
  provisionArchive(deps);
  provisionSecrets(deps);
}

/**
 * The configuration with so many databases. New ones own no buckets until some are moved to them.
 * Throws for fewer than there are: buckets may be on any of them.
 */
export function withShards(config: string, count: number): string {
  const blocks = [...config.matchAll(SHARD_BLOCK)];
  const last = blocks.at(-1);
  if (!last) throw new Error("wrangler.toml names no database DB_SHARD_0");
  const least = Math.max(blocks.length, FIRST_SHARDS.length);
  if (!Number.isInteger(count) || count < least || count > MOST_SHARDS) {
    throw new Error(`shards must be a whole number from ${least} to ${MOST_SHARDS}: there are ${blocks.length} now`);
  }
  const added = Array.from({ length: count - blocks.length }, (_, index) => blockOf(blocks.length + index));
  const end = last.index + last[0].length;
  return config.slice(0, end) + added.map((block) => `\n${block}`).join("") + config.slice(end);
}

function blockOf(shard: number): string {
  return `[[d1_databases]]
binding = "DB_SHARD_${shard}"
database_name = "pbt-edge-${shard}"
database_id = "00000000-0000-0000-0000-${String(shard).padStart(12, "0")}"
migrations_dir = "migrations"
`;
}

function names(pattern: RegExp, config: string): string[] {
  return [...new Set([...config.matchAll(pattern)].map((match) => match[1] ?? ""))];
}

function provisionDatabases({ wrangler, readConfig, writeConfig, say }: ProvisioningDeps): void {
  const list = () => JSON.parse(wrangler(["d1", "list", "--json"])) as { name: string; uuid: string }[];
  let config = readConfig();
  const known = new Set(list().map((database) => database.name));
  const wanted = names(/^database_name = "([^"]+)"/gm, config);
  for (const name of wanted) {
    if (known.has(name)) continue;
    wrangler(["d1", "create", name]);
    say(`created D1 database ${name}`);
  }
  for (const { name, uuid } of list()) {
    if (!wanted.includes(name)) continue;
    config = config.replace(new RegExp(`(database_name = "${name}"\\ndatabase_id = ")[^"]*`), `$1${uuid}`);
  }
  writeConfig(config);
  for (const name of wanted) wrangler(["d1", "migrations", "apply", name, "--remote"], "y\n");
  say(`migrated ${wanted.join(", ")}`);
}

function provisionQueues({ wrangler, readConfig, say }: ProvisioningDeps): void {
  for (const name of names(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm, readConfig())) {
    try {
      wrangler(["queues", "create", name]);
      say(`created queue ${name}`);
    } catch (error) {
      if (!/already (?:exists|taken)/i.test(String((error as { stderr?: string }).stderr))) throw error;
    }
  }
}

function provisionCache({ wrangler, readConfig, writeConfig, say }: ProvisioningDeps): void {
  const title = "pbt-edge-cache";
  const find = () => {
    const listed = JSON.parse(wrangler(["kv", "namespace", "list"])) as { id: string; title: string }[];
    return listed.find((each) => each.title === title)?.id;
  };
  if (find() === undefined) {
    wrangler(["kv", "namespace", "create", title]);
    say(`created KV namespace ${title}`);
  }
  writeConfig(readConfig().replace(/(binding = "CACHE"\nid = ")[^"]*/, `$1${find() ?? ""}`));
}

function provisionArchive({ wrangler, readConfig, say }: ProvisioningDeps): void {
  for (const name of names(/^bucket_name = "([^"]+)"/gm, readConfig())) {
    try {
      wrangler(["r2", "bucket", "create", name]);
      say(`created R2 bucket ${name}`);
    } catch (error) {
      if (!/already (?:exists|own)/i.test(String((error as { stderr?: string }).stderr))) throw error;
    }
  }
}

/** The names of the secrets that are set; none where the Worker was never deployed. */
function listSecrets({ wrangler }: ProvisioningDeps): Set<string> {
  try {
    const listed = JSON.parse(wrangler(["secret", "list", "--format", "json"])) as { name: string }[];
    return new Set(listed.map((each) => each.name));
  } catch (error) {
    // Any other fault would have new secrets set in place of those that the data needs.
    if (!/does not exist|10007/i.test(String((error as { stderr?: string }).stderr))) throw error;
    return new Set();
  }
}

function provisionSecrets(deps: ProvisioningDeps): void {
  const set = listSecrets(deps);
  const makeSecret: Record<string, () => string> = {
    PBT_ROOT_KEY: () => `root_${deps.random(24, "hex")}`,
    KEY_PEPPER: () => deps.random(32, "base64"),
    KEY_ENCRYPTION_KEY: () => deps.random(32, "base64"),
  };
  for (const [name, value] of Object.entries(makeSecret)) {
    if (set.has(name)) continue;
    const secret = value();
    deps.wrangler(["secret", "put", name], secret);
    deps.say(name === "PBT_ROOT_KEY" ? `set PBT_ROOT_KEY: ${secret} (shown this once: keep it)` : `set ${name}`);
  }
}
