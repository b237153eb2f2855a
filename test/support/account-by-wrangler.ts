import { readFileSync } from "node:fs";
import { provision, type ProvisioningOptions } from "../../scripts/provisioning.ts";
import { WranglerFailed } from "../../scripts/wrangler.ts";

/** What wrangler 4.155 says of what is there already, as `npm run prove -- deploy` shows. */
const SAID = {
  database: "A database with that name already exists [code: 7502]",
  queue: "Queue name 'pbt-edge-usage' is already taken. Please use a different name and try again. [code: 11009]",
  bucket: "The bucket you tried to create already exists, and you own it. [code: 10004]",
  noWorker: '✘ [ERROR] Worker "pbt-edge" not found.\n\nIf this is a new Worker, run `wrangler deploy` first',
};

export function refusal(output: string, args: readonly string[] = []): WranglerFailed {
  return new WranglerFailed(args, output);
}

/** An account as wrangler shows it, and the files of a checkout. */
export class AccountByWrangler {
  readonly calls: string[] = [];
  readonly said: string[] = [];
  readonly databases = new Map<string, string>();
  readonly secrets = new Map<string, string>();
  /** The mode of read replication of each database whose mode was set. */
  readonly replicated = new Map<string, string>();
  config = readFileSync("wrangler.toml", "utf8");
  /** The call at which the connection breaks, once. */
  breaksAt = Infinity;
  /** The call that has its effect although its answer is lost. */
  losesAnswerOf = Infinity;
  /** A table of each database that has any. */
  readonly tables = new Map<string, string>();
  /** Whether the databases have tenants. */
  hasTenants = false;
  /** How often a list of databases or namespaces still misses what was created. */
  listsLate = 0;
  /** Called before each call. */
  onCall: (call: string) => void = () => undefined;
  readonly pauses: number[] = [];
  readonly #queues = new Set<string>();
  readonly #buckets = new Set<string>();
  readonly #namespaces: { id: string; title: string }[] = [];

  /** Secrets in the environment. */
  given: Record<string, string> = {};

  async provision(options?: ProvisioningOptions): Promise<void> {
    return provision(
      {
        wrangler: async (args, input) => this.#wrangler(args, input),
        api: async (call, body) => this.#callApi(call, body),
        readConfig: () => this.config,
        writeConfig: (text) => void (this.config = text),
        say: (line) => this.said.push(line),
        pause: async (ms) => void this.pauses.push(ms),
        random: (bytes, encoding) => Buffer.alloc(bytes, this.calls.length).toString(encoding),
        given: this.given,
      },
      options,
    );
  }

  #callApi([method, path]: readonly [string, string], body?: string): string {
    const [name] = [...this.databases].find(([, uuid]) => path === `/d1/database/${uuid}`) ?? [];
    if (name === undefined) throw refusal(`${method} ${path} -> 404`);
    if (body !== undefined) {
      this.calls.push(`replicate ${name}`);
      this.replicated.set(name, (JSON.parse(body) as { read_replication: { mode: string } }).read_replication.mode);
    }
    return JSON.stringify({ read_replication: { mode: this.replicated.get(name) ?? "disabled" } });
  }

  #wrangler(args: readonly string[], input = ""): string {
    this.calls.push(args.join(" "));
    this.onCall(args.join(" "));
    if (this.calls.length === this.breaksAt) throw refusal("fetch failed");
    const answer = this.#answer(args, input);
    if (this.calls.length === this.losesAnswerOf) throw refusal("fetch failed");
    return answer;
  }

  #answer(args: readonly string[], input: string): string {
    const [area = "", verb = "", name = "", last = ""] = args;
    switch (`${area} ${verb}`) {
      case "d1 list":
        return JSON.stringify(
          this.#isLate(this.databases.size)
            ? []
            : [...this.databases].map(([database, uuid]) => ({ name: database, uuid })),
        );
      case "d1 create":
        if (this.databases.has(name)) throw refusal(SAID.database);
        this.databases.set(name, `uuid-of-${name}`);
        return "";
      case "d1 migrations":
        this.tables.set(last, "tenants");
        if (!this.databases.has(last)) throw refusal(`Couldn't find a D1 DB with the name '${last}'`);
        return "";
      case "d1 execute":
        return JSON.stringify([{ results: this.#rowsOf(name, args.at(-1) ?? ""), success: true, meta: {} }]);
      case "kv namespace":
        if (name === "create") this.#namespaces.push({ id: `id-of-${last}`, title: last });
        return JSON.stringify(this.#isLate(this.#namespaces.length) ? [] : this.#namespaces);
      case "queues list":
        return ["┌─┬─┐", ...[...this.#queues].map((queue) => `│ id-of-it │ ${queue} │ 2026 │`), "└─┴─┘"].join("\n");
      case "queues create":
        return this.#create(this.#queues, name, SAID.queue);
      case "r2 bucket":
        if (name === "list") return [...this.#buckets].map((bucket) => `name:           ${bucket}\n`).join("\n");
        return this.#create(this.#buckets, last, SAID.bucket);
      case "secret list":
        if (this.secrets.size === 0) throw refusal(SAID.noWorker);
        return JSON.stringify([...this.secrets.keys()].map((secret) => ({ name: secret, type: "secret_text" })));
      case "secret bulk":
        for (const [secret, value] of Object.entries(JSON.parse(input) as object)) this.secrets.set(secret, value);
        return "";
      default:
        throw new Error(`wrangler ${args.join(" ")} was not recorded`);
    }
  }

  #rowsOf(database: string, sql: string): object[] {
    const named = [...this.databases].find(([, uuid]) => uuid === database);
    if (!named && !this.config.includes(`"${database}"\ndatabase_id = "uuid`)) throw refusal("[code: 7404]");
    const table = this.tables.get(named?.[0] ?? database);
    if (sql.includes("from tenants")) return [{ found: Number(this.hasTenants) }];
    if (sql.includes("d1_migrations") && !sql.includes("sqlite_schema")) {
      if (table !== "tenants") throw refusal("no such table: d1_migrations: SQLITE_ERROR [code: 7500]");
      return [{ name: "0000_foundation.sql" }];
    }
    return table === undefined ? [] : [{ name: table }];
  }

  #isLate(count: number): boolean {
    if (count === 0 || this.listsLate === 0) return false;
    this.listsLate -= 1;
    return true;
  }

  #create(all: Set<string>, name: string, refused: string): string {
    if (all.has(name)) throw refusal(refused);
    all.add(name);
    return "";
  }

  callsOf(start: string): string[] {
    return this.calls.filter((call) => call.startsWith(start));
  }
}
