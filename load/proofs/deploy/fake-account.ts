import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { checkTriggers } from "../../../scripts/migrate.ts";
import { type Binding, FakeWorker, type Traffic, type Upload } from "./fake-worker.ts";
import { Refusal } from "./refusal.ts";

/** More than a page of D1 (10, as wrangler asks), KV (100) and R2 (20). */
const OTHERS = 120;

interface Queue {
  queue_id: string;
  queue_name: string;
  consumers: Record<string, unknown>[];
}

/**
 * A Cloudflare account in memory, with databases that run the SQL they are given. Its ids come from
 * the names, so that two accounts with the same content are equal.
 */
export class FakeAccount {
  readonly #databases = new Map<string, DatabaseSync>();
  readonly #replication = new Map<string, string>();
  readonly #namespaces = new Set<string>();
  readonly #queues = new Map<string, Queue>();
  readonly #buckets = new Set<string>();
  readonly #workers = new Map<string, FakeWorker>();
  readonly #assets = new Set<string>();
  readonly #unlisted = new Set<string>();
  /** How many lists of databases miss those that were created. */
  listsLate = 0;
  /** Every change in its order, in words. */
  readonly changes: string[] = [];
  /** Called after each change. */
  onChange: (change: string) => void = () => undefined;

  /** Fills the account with more things of other projects than a page of a list has. */
  addOthers(): void {
    const names = Array.from({ length: OTHERS }, (_, index) => `another-${index}`);
    for (const name of names) {
      this.#databases.set(name, new DatabaseSync(":memory:"));
      this.#namespaces.add(name);
      this.#queues.set(name, { queue_id: idOf(name).replaceAll("-", ""), queue_name: name, consumers: [] });
      this.#buckets.add(name);
    }
  }

  databases(): { uuid: string; name: string }[] {
    return [...this.#databases.keys()].map((name) => ({ uuid: idOf(name), name }));
  }

  /** What its list says, which misses the newest ones `listsLate` times. */
  listedDatabases(): { uuid: string; name: string }[] {
    if (this.#unlisted.size === 0 || this.listsLate === 0) return this.databases();
    this.listsLate -= 1;
    return this.databases().filter(({ name }) => !this.#unlisted.has(name));
  }

  createDatabase(name: string): { uuid: string; name: string } {
    if (this.#databases.has(name)) throw new Refusal(400, 7502, `A database with that name already exists`);
    this.#databases.set(name, new DatabaseSync(":memory:"));
    this.#unlisted.add(name);
    this.#changed(`create database ${name}`);
    return { uuid: idOf(name), name };
  }

  /** Whether D1 keeps read replicas of a database. */
  replicationOf(name: string): string {
    return this.#replication.get(name) ?? "disabled";
  }

  /** Sets whether D1 keeps read replicas of a database. */
  replicate(uuid: string, replication: unknown): object {
    const name = this.databases().find((each) => each.uuid === uuid)?.name;
    if (name === undefined) throw new Refusal(404, 7404, `The database ${uuid} could not be found`);
    const { mode } = replication as { mode: unknown };
    if (mode !== "auto" && mode !== "disabled") throw new Refusal(400, 7400, "mode must be auto or disabled");
    const isSame = this.replicationOf(name) === mode;
    this.#replication.set(name, mode);
    if (!isSame) this.#changed(`replicate ${name}: ${mode}`);
    return { uuid, name, read_replication: { mode } };
  }

  /** Runs SQL as D1 does: all of it or nothing. */
  query(uuid: string, sql: string): unknown[] {
    const { name } = this.databases().find((each) => each.uuid === uuid) ?? { name: "" };
    const database = this.#databases.get(name);
    if (!database) throw new Refusal(404, 7404, `The database ${uuid} could not be found`);
    const before = stateOf(database);
    database.exec("begin");
    try {
      checkTriggers("incomplete input", sql);
      const results = /;\s*\S/.test(sql) ? (database.exec(sql), []) : database.prepare(sql).all();
      database.exec("commit");
      const after = stateOf(database);
      if (after !== before) this.#changed(`migrate ${name}: ${after}`);
      return results;
    } catch (error) {
      database.exec("rollback");
      throw new Refusal(400, 7500, `${(error as Error).message}: SQLITE_ERROR`);
    }
  }

  namespaces(): { id: string; title: string }[] {
    return [...this.#namespaces].map((title) => ({ id: idOf(title).replaceAll("-", ""), title }));
  }

  createNamespace(title: string): { id: string; title: string } {
    if (this.#namespaces.has(title)) {
      throw new Refusal(400, 10014, "create namespace: a namespace with this account ID and title already exists");
    }
    this.#namespaces.add(title);
    this.#changed(`create namespace ${title}`);
    return { id: idOf(title).replaceAll("-", ""), title };
  }

  queues(names: readonly string[] = []): Queue[] {
    const all = [...this.#queues.values()];
    return names.length === 0 ? all : all.filter(({ queue_name }) => names.includes(queue_name));
  }

  createQueue(name: string): Queue {
    if (this.#queues.has(name)) {
      throw new Refusal(
        409,
        11009,
        `Queue name '${name}' is already taken. Please use a different name and try again.`,
      );
    }
    const queue = { queue_id: idOf(name).replaceAll("-", ""), queue_name: name, consumers: [] };
    this.#queues.set(name, queue);
    this.#changed(`create queue ${name}`);
    return queue;
  }

  /** Sets the consumer of a queue: a queue has one. */
  setConsumer(queueId: string, isNew: boolean, consumer: Record<string, unknown>): Record<string, unknown> {
    const queue = [...this.#queues.values()].find((each) => each.queue_id === queueId);
    if (!queue) throw new Refusal(404, 11000, `Queue ${queueId} does not exist`);
    if (isNew && queue.consumers.length > 0) throw new Refusal(400, 11004, "Queue already has a consumer");
    const set = {
      ...consumer,
      script: consumer["script_name"],
      consumer_id: `consumer-${queueId}`,
      type: "worker",
    };
    const isSame = JSON.stringify(queue.consumers[0]) === JSON.stringify(set);
    queue.consumers = [set];
    if (!isSame) this.#changed(`set consumer of ${queue.queue_name}`);
    return set;
  }

  buckets(): { name: string; creation_date: string }[] {
    return [...this.#buckets].map((name) => ({ name, creation_date: "2026-01-01T00:00:00.000Z" }));
  }

  createBucket(name: string): object {
    if (this.#buckets.has(name)) {
      throw new Refusal(409, 10004, "The bucket you tried to create already exists, and you own it.");
    }
    this.#buckets.add(name);
    this.#changed(`create bucket ${name}`);
    return {};
  }

  worker(name: string): FakeWorker {
    const worker = this.#workers.get(name);
    if (!worker) throw new Refusal(404, 10007, "This Worker does not exist on your account.");
    return worker;
  }

  workers(): { id: string; migration_tag: string | undefined }[] {
    return [...this.#workers].map(([id, { migrationTag }]) => ({ id, migration_tag: migrationTag }));
  }

  /** Takes an upload without bindings, which wrangler makes so that secrets can be set. */
  draft(name: string): void {
    this.#workers.set(name, new FakeWorker());
    this.#changed(`create draft of ${name}`);
  }

  /** Takes an upload, which must bind what exists, and returns its version. */
  upload(name: string, upload: Upload, isDeployed: boolean): string {
    const { id } = this.worker(name).addVersion(upload, (binding) => this.#check(binding), isDeployed);
    if (isDeployed) this.deploy(name, [{ version_id: id, percentage: 100 }]);
    return id;
  }

  /** Gives versions the traffic. */
  deploy(name: string, traffic: readonly Traffic[]): void {
    this.worker(name).deploy(traffic);
    this.#changed(`deploy ${name}`);
  }

  #check(binding: Binding): void {
    const { type, name } = binding;
    const has = {
      d1: () => this.databases().some(({ uuid }) => uuid === (binding["id"] ?? binding["database_id"])),
      kv_namespace: () => this.namespaces().some(({ id }) => id === binding["namespace_id"]),
      queue: () => this.#queues.has(String(binding["queue_name"])),
      r2_bucket: () => this.#buckets.has(String(binding["bucket_name"])),
    }[type];
    if (has && !has()) throw new Refusal(400, 10021, `binding ${name} of type ${type} refers to nothing`);
  }

  setSecrets(name: string, values: ReadonlyMap<string, string>): void {
    this.worker(name).setSecrets(values);
    this.#changed(`set secrets ${[...values.keys()].join(", ")}`);
  }

  setSchedules(name: string, crons: string[]): void {
    const worker = this.worker(name);
    const isSame = JSON.stringify(worker.schedules) === JSON.stringify(crons);
    worker.schedules = crons;
    if (!isSame) this.#changed(`set crons ${crons.join(", ")}`);
  }

  /** The hashes of a manifest that the account has no file of. */
  missingAssets(hashes: readonly string[]): string[] {
    return hashes.filter((hash) => !this.#assets.has(hash));
  }

  addAssets(hashes: readonly string[]): void {
    for (const hash of hashes) this.#assets.add(hash);
    this.#changed(`upload ${hashes.length} assets`);
  }

  secrets(): Map<string, string> {
    return new Map([...this.#workers.values()].flatMap(({ secrets }) => [...secrets]));
  }

  /** All that the account has, without the values of secrets, which are random. */
  state(): unknown {
    return {
      databases: [...this.#databases].map(([name, database]) => [name, digestOf(database), this.replicationOf(name)]),
      namespaces: [...this.#namespaces],
      queues: [...this.#queues.values()].map(({ queue_name, consumers }) => [queue_name, consumers]),
      buckets: [...this.#buckets],
      assets: this.#assets.size,
      workers: [...this.#workers].map(([name, { secrets, schedules, bindings, migrationTag, isDeployed }]) => ({
        name,
        schedules,
        migrationTag,
        isDeployed,
        secrets: [...secrets.keys()],
        bindings: bindings.map((binding) => `${binding.type} ${binding.name}`),
      })),
    };
  }

  #changed(change: string): void {
    this.changes.push(change);
    this.onChange(change);
  }
}

/** A UUID that belongs to a name. */
function idOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** How far a database is: the version of its schema and its last migration. */
function stateOf(database: DatabaseSync): string {
  const version = database.prepare("pragma schema_version").get()?.["schema_version"];
  const hasMigrations = database.prepare("select 1 from sqlite_schema where name = 'd1_migrations'").get();
  const last = hasMigrations && database.prepare("select max(name) as last from d1_migrations").get();
  return `schema ${String(version)}, ${String(last?.["last"] ?? "no migration")}`;
}

/** The schema of a database with its list of migrations, without times. */
function digestOf(database: DatabaseSync): string {
  const schema = database.prepare("select name, sql from sqlite_schema order by name").all();
  const hasMigrations = schema.some(({ name }) => name === "d1_migrations");
  const migrations = hasMigrations ? database.prepare("select name from d1_migrations order by id").all() : [];
  return createHash("sha256")
    .update(JSON.stringify([schema, migrations]))
    .digest("hex")
    .slice(0, 16);
}
