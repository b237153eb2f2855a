import { FIRST_SHARDS } from "../src/domain/shard.ts";
import { type Wrangler, WranglerFailed } from "./wrangler.ts";

/** What provisioning does to the world outside. */
export interface ProvisioningDeps {
  wrangler: Wrangler;
  readConfig: () => string;
  writeConfig: (text: string) => void;
  say: (line: string) => void;
  /** Random bytes as text. */
  random: (bytes: number, encoding: "hex" | "base64") => string;
  /** Secrets to be set as they are, by their names; the others are made. */
  given?: Readonly<Record<string, string | undefined>>;
}

/** How a secret is made, and what one that is given must look like. */
interface SecretRule {
  make: (random: ProvisioningDeps["random"]) => string;
  form: RegExp;
  told: string;
}

/** How to provision. */
export interface ProvisioningOptions {
  /** How many databases wrangler.toml gets before; those that it has when absent. */
  shards?: number;
  /** Only tells what would be done. */
  isDryRun?: boolean;
}

/** What the account has: names of databases, queues, buckets and secrets, titles of namespaces. */
interface Account {
  databases: ReadonlyMap<string, string>;
  namespaces: ReadonlyMap<string, string>;
  queues: ReadonlySet<string>;
  buckets: ReadonlySet<string>;
  secrets: ReadonlySet<string>;
}

/** Something to do, what it is in words, and how it is done. */
interface Step {
  what: string;
  work: () => Promise<unknown>;
}

/** The most databases of a deployment: a Worker can have more, but lists ask each of them. */
const MOST_SHARDS = 64;
const SHARD_BLOCK = /\[\[d1_databases\]\]\nbinding = "DB_SHARD_\d+"\n(?:[a-z_]+ = .*\n)+/g;
/** Processes of wrangler at a time: each takes some 150 MB. */
const AT_A_TIME = 4;
const NAMESPACE = "pbt-edge-cache";

/** The secrets without which no deployment works. */
const SECRETS: Readonly<Record<string, SecretRule>> = {
  PBT_ROOT_KEY: { make: (random) => `root_${random(24, "hex")}`, form: /^\S{16,}$/, told: "16 characters or more" },
  KEY_PEPPER: { make: (random) => random(32, "base64"), form: /^\S{16,}$/, told: "16 characters or more" },
  KEY_ENCRYPTION_KEY: {
    make: (random) => random(32, "base64"),
    form: /^[A-Za-z0-9+/]{43}=$/,
    told: "32 bytes in base64",
  },
};

/**
 * Creates what wrangler.toml names and the account lacks, in this order: databases, their
 * migrations, the cache, queues, the archive, and last the secrets, which exist before the first
 * deployment then. It can be run again, also after it was cut off anywhere.
 */
export async function provision(deps: ProvisioningDeps, options: ProvisioningOptions = {}): Promise<void> {
  const { wrangler, say } = deps;
  const before = deps.readConfig();
  const config = options.shards === undefined ? before : withShards(before, options.shards);
  const account = await readAccount(wrangler);
  const stages = planStages(deps, config, account);
  if (options.isDryRun) {
    if (config !== before) say(`would write ${options.shards} databases into wrangler.toml`);
    for (const { what } of stages.flat()) say(`would ${what}`);
    return;
  }
  if (config !== before) deps.writeConfig(config);
  for (const stage of stages) await doSteps(stage, say);
}

/** Does the steps of a stage, some at a time. Throws the first fault once all that began have ended. */
async function doSteps(stage: readonly Step[], say: ProvisioningDeps["say"]): Promise<void> {
  const waiting = stage.values();
  const faults: unknown[] = [];
  const work = async () => {
    for (const step of waiting) {
      if (faults.length > 0) return;
      await step.work().then(
        () => say(`done: ${step.what}`),
        (fault: unknown) => faults.push(fault),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  if (faults.length > 0) throw faults[0];
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

async function readAccount(wrangler: Wrangler): Promise<Account> {
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
    queues: new Set(namesIn(/│ (\S+)(?= +│)/g, queues)),
    buckets: new Set(namesIn(/^name: +(\S+)/gm, buckets)),
    secrets,
  };
}

/** The steps in their order: those of one stage do not need each other. */
function planStages(deps: ProvisioningDeps, config: string, account: Account): Step[][] {
  const { wrangler } = deps;
  const databases = namesIn(/^database_name = "([^"]+)"/gm, config);
  const queues = namesIn(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm, config);
  const buckets = namesIn(/^bucket_name = "([^"]+)"/gm, config);
  const create = (
    kind: string,
    command: string[],
    names: string[],
    known: { has: (name: string) => boolean },
  ): Step[] =>
    names
      .filter((name) => !known.has(name))
      .map((name) => ({
        what: `create ${kind} ${name}`,
        work: async () => createOnce(wrangler, [...command, "create", name]),
      }));
  return [
    create("D1 database", ["d1"], databases, account.databases),
    [{ what: "write the ids of the databases into wrangler.toml", work: async () => writeDatabaseIds(deps) }],
    databases.map((name) => ({
      what: `apply the migrations that ${name} lacks`,
      work: async () => wrangler(["d1", "migrations", "apply", name, "--remote"], "y\n"),
    })),
    [
      ...create("KV namespace", ["kv", "namespace"], [NAMESPACE], account.namespaces),
      ...create("queue", ["queues"], queues, account.queues),
      ...create("R2 bucket", ["r2", "bucket"], buckets, account.buckets),
    ],
    [{ what: `write the id of ${NAMESPACE} into wrangler.toml`, work: async () => writeNamespaceId(deps) }],
    planSecrets(deps, account.secrets),
  ];
}

/** Creates something that an earlier attempt, whose answer was lost, may have created. */
async function createOnce(wrangler: Wrangler, args: readonly string[]): Promise<void> {
  try {
    await wrangler(args);
  } catch (error) {
    if (!(error instanceof WranglerFailed) || !/already (?:exists|taken|own)/i.test(error.output)) throw error;
  }
}

async function writeDatabaseIds({ wrangler, readConfig, writeConfig }: ProvisioningDeps): Promise<void> {
  const before = readConfig();
  let config = before;
  for (const [name, uuid] of await listDatabases(wrangler)) {
    config = config.replace(new RegExp(`(database_name = "${name}"\\ndatabase_id = ")[^"]*`), `$1${uuid}`);
  }
  if (config !== before) writeConfig(config);
}

async function writeNamespaceId({ wrangler, readConfig, writeConfig }: ProvisioningDeps): Promise<void> {
  const id = (await listNamespaces(wrangler)).get(NAMESPACE);
  if (id === undefined) throw new Error(`the account does not list the KV namespace ${NAMESPACE}; run this again`);
  const before = readConfig();
  const config = before.replace(/(binding = "CACHE"\nid = ")[^"]*/, `$1${id}`);
  if (config !== before) writeConfig(config);
}

/**
 * Sets all missing secrets in one call, so that no deployment has some of them. A root key that was
 * made is shown before, since it could not be shown after a call whose answer was lost.
 */
function planSecrets({ wrangler, say, random, given = {} }: ProvisioningDeps, known: ReadonlySet<string>): Step[] {
  const missing = Object.entries(SECRETS).filter(([name]) => !known.has(name));
  if (missing.length === 0) return [];
  for (const [name, { form, told }] of missing) {
    if (given[name] && !form.test(given[name])) throw new Error(`${name} is given, and must be ${told}`);
  }
  const work = async () => {
    const values = Object.fromEntries(missing.map(([name, { make }]) => [name, given[name] || make(random)]));
    const { PBT_ROOT_KEY } = values;
    if (PBT_ROOT_KEY !== undefined && !given["PBT_ROOT_KEY"]) {
      say(`PBT_ROOT_KEY: ${PBT_ROOT_KEY} (shown this once: keep it)`);
    }
    await wrangler(["secret", "bulk"], JSON.stringify(values));
  };
  return [{ what: `set the secrets ${missing.map(([name]) => name).join(", ")}`, work }];
}

async function listDatabases(wrangler: Wrangler): Promise<Map<string, string>> {
  const listed = JSON.parse(await wrangler(["d1", "list", "--json"])) as { name: string; uuid: string }[];
  return new Map(listed.map(({ name, uuid }) => [name, uuid]));
}

async function listNamespaces(wrangler: Wrangler): Promise<Map<string, string>> {
  const listed = JSON.parse(await wrangler(["kv", "namespace", "list"])) as { id: string; title: string }[];
  return new Map(listed.map(({ id, title }) => [title, id]));
}

/** The names of the secrets that are set; none where the Worker was never deployed. */
async function listSecrets(wrangler: Wrangler): Promise<Set<string>> {
  try {
    const listed = JSON.parse(await wrangler(["secret", "list", "--format", "json"])) as { name: string }[];
    return new Set(listed.map(({ name }) => name));
  } catch (error) {
    // Any other fault would have new secrets set in place of those that the data needs.
    if (error instanceof WranglerFailed && /^.*Worker ".*" not found/m.test(error.output)) return new Set();
    throw error;
  }
}

function namesIn(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))];
}
