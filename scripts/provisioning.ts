import {
  type Account,
  createOnce,
  foreignTable,
  idsOf,
  listDatabases,
  listNamespaces,
  readAccount,
} from "./cloudflare-account.ts";
import {
  type DeploymentNames,
  isId,
  namesOf,
  withDatabaseIds,
  withNamespaceId,
  withShards,
} from "./deployment-config.ts";
import type { CloudflareApi } from "./cloudflare-api.ts";
import { findReplicated, turnOnReplication } from "./read-replication.ts";
import type { Wrangler } from "./wrangler.ts";
import { missingSecrets, type SecretDeps, setMissingSecrets } from "./deployment-secrets.ts";

/** What provisioning does to the world outside. */
export interface ProvisioningDeps extends SecretDeps {
  readConfig: () => string;
  writeConfig: (text: string) => void;
  api: CloudflareApi;
  pause: (ms: number) => Promise<void>;
}

/** How to provision. */
export interface ProvisioningOptions {
  /** How many databases the configuration gets before; those that it has when absent. */
  shards?: number;
  /** Only tells what would be done. */
  isDryRun?: boolean;
  /** Leaves read replication of the databases as it is. REPLICA_MAX_LAG_MS = "0" does, too. */
  withoutReplicas?: boolean;
}

/** Something to do, what it is in words, and how it is done. */
interface Step {
  what: string;
  work: () => Promise<unknown>;
}

/** Processes of wrangler at a time: each takes some 150 MB. */
const AT_A_TIME = 4;

/**
 * Creates what the configuration names and the account lacks, in this order: databases, their
 * migrations and read replicas, the cache, queues, the archive, and last the secrets, which exist
 * before the first deployment then. It can be run again, also after it was cut off anywhere.
 */
export async function provision(deps: ProvisioningDeps, options: ProvisioningOptions = {}): Promise<void> {
  const { wrangler, say } = deps;
  const before = deps.readConfig();
  const config = options.shards === undefined ? before : withShards(before, options.shards);
  const names = namesOf(config);
  const account = await readAccount(wrangler);
  checkAccount(names, account);
  const wantsReplicas = !options.withoutReplicas && !/^REPLICA_MAX_LAG_MS = "0"/m.test(config);
  const unreplicated = wantsReplicas ? await findUnreplicated(deps, names, account) : [];
  const stages = planStages(deps, names, account, unreplicated);
  if (options.isDryRun) {
    if (config !== before) say(`would write ${options.shards} databases into the configuration`);
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

/** Throws where the databases of the configuration are of another account. */
function checkAccount({ databases }: DeploymentNames, account: Account): void {
  const known = new Set(account.databases.values());
  const foreign = databases.find(({ id }) => isId(id) && !known.has(id));
  if (!foreign) return;
  throw new Error(
    `The account has no database with the id ${foreign.id}, which the configuration has for ${foreign.name}. Use the ` +
      "login or the CLOUDFLARE_ACCOUNT_ID of the account that has it. If it is to be created anew, put zeros in " +
      "place of its id: 00000000-0000-0000-0000-000000000000.",
  );
}

/** Throws where a database has the name of one of ours, and is something else. */
async function checkTables(wrangler: Wrangler, database: string, id: string): Promise<void> {
  const table = await foreignTable(wrangler, id);
  if (table === undefined) return;
  throw new Error(
    `The account has a database ${database} with a table ${table} that is not of this deployment. Give the databases of ` +
      "the configuration other names.",
  );
}

/** The databases of the configuration that D1 keeps no read replicas of. */
async function findUnreplicated(
  { api }: ProvisioningDeps,
  { databases }: DeploymentNames,
  account: Account,
): Promise<string[]> {
  const names = databases.map(({ name }) => name);
  const replicated = await findReplicated(api, names, account.databases);
  return names.filter((name) => !replicated.has(name));
}

/** The steps in their order: those of one stage do not need each other. */
function planStages(
  deps: ProvisioningDeps,
  names: DeploymentNames,
  account: Account,
  unreplicated: readonly string[],
): Step[][] {
  const { wrangler, given } = deps;
  const databases = names.databases.map(({ name }) => name);
  const create = (
    kind: string,
    command: string[],
    wanted: readonly string[],
    known: { has: (name: string) => boolean },
  ): Step[] =>
    wanted
      .filter((name) => !known.has(name))
      .map((name) => ({
        what: `create ${kind} ${name}`,
        work: async () => createOnce(wrangler, [...command, "create", name]),
      }));
  const secrets = missingSecrets(account.secrets, given);
  const found = names.databases.flatMap(({ name, id }) => {
    const known = account.databases.get(name);
    return known === undefined || isId(id) ? [] : [{ name, id: known }];
  });
  const older = databases.filter((name) => account.databases.has(name));
  return [
    found.map(({ name, id }) => ({
      what: `look whether ${name}, which is there already, is of this deployment`,
      work: async () => checkTables(wrangler, name, id),
    })),
    create("D1 database", ["d1"], databases, account.databases),
    [{ what: "write the ids of the databases into the configuration", work: async () => writeDatabaseIds(deps) }],
    databases.map((name) => ({
      what: `apply the migrations that ${name} lacks`,
      work: async () => wrangler(["d1", "migrations", "apply", name, "--remote"], "y\n"),
    })),
    unreplicated.map((name) => ({
      what: `turn on read replication of ${name}`,
      work: async () => turnOnReplication(deps.api, idIn(deps.readConfig(), name)),
    })),
    [
      ...create("KV namespace", ["kv", "namespace"], [names.namespace], account.namespaces),
      ...create("queue", ["queues"], names.queues, account.queues),
      ...create("R2 bucket", ["r2", "bucket"], names.buckets, account.buckets),
    ],
    [
      {
        what: `write the id of ${names.namespace} into the configuration`,
        work: async () => writeNamespaceId(deps, names.namespace),
      },
    ],
    secrets.length === 0
      ? []
      : [{ what: `set the secrets ${secrets.join(", ")}`, work: async () => setMissingSecrets(deps, older) }],
  ];
}

/** The id that the configuration has for a database, once that was written. */
function idIn(config: string, name: string): string {
  const id = namesOf(config).databases.find((database) => database.name === name)?.id;
  if (id === undefined || !isId(id)) throw new Error(`the configuration has no id for ${name}; run this again`);
  return id;
}

async function writeDatabaseIds({ wrangler, readConfig, writeConfig, pause }: ProvisioningDeps): Promise<void> {
  const before = readConfig();
  const names = namesOf(before).databases.map(({ name }) => name);
  const config = withDatabaseIds(before, await idsOf(async () => listDatabases(wrangler), names, pause));
  if (config !== before) writeConfig(config);
}

async function writeNamespaceId(
  { wrangler, readConfig, writeConfig, pause }: ProvisioningDeps,
  title: string,
): Promise<void> {
  const ids = await idsOf(async () => listNamespaces(wrangler), [title], pause);
  const before = readConfig();
  const config = withNamespaceId(before, ids.get(title) ?? "");
  if (config !== before) writeConfig(config);
}
