import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { provision, withShards } from "../scripts/provisioning.ts";

/** What wrangler says of what is there already, as it was recorded. */
const SAID = {
  queue: "A queue with this name already exists. [code: 11009]",
  bucket: "The bucket you tried to create already exists, and you own it. [code: 10004]",
  noWorker: "This Worker does not exist on your account. [code: 10007]",
};

function refusal(stderr: string): Error {
  return Object.assign(new Error(`Command failed: ${stderr}`), { stderr });
}

/** An account as wrangler shows it, and the files of a checkout. */
class Account {
  readonly calls: string[] = [];
  readonly said: string[] = [];
  readonly databases = new Map<string, string>();
  readonly secrets = new Map<string, string>();
  config = readFileSync("wrangler.toml", "utf8");
  /** The call at which the connection breaks, once. */
  breaksAt = Infinity;
  readonly #queues = new Set<string>();
  readonly #buckets = new Set<string>();
  #namespace: string | undefined;

  provision(shards?: number): void {
    provision(
      {
        wrangler: (args, input) => this.#wrangler(args, input),
        readConfig: () => this.config,
        writeConfig: (text) => void (this.config = text),
        say: (line) => this.said.push(line),
        random: (bytes, encoding) => Buffer.alloc(bytes, this.calls.length).toString(encoding),
      },
      shards,
    );
  }

  #wrangler(args: string[], input = ""): string {
    this.calls.push(args.join(" "));
    if (this.calls.length === this.breaksAt) throw refusal("fetch failed");
    const [area = "", verb = "", name = "", last = ""] = args;
    switch (`${area} ${verb}`) {
      case "d1 list":
        return JSON.stringify([...this.databases].map(([database, uuid]) => ({ name: database, uuid })));
      case "d1 create":
        this.databases.set(name, `uuid-of-${name}`);
        return "";
      case "d1 migrations":
        if (!this.databases.has(last)) throw refusal(`Couldn't find a D1 DB with the name '${last}'`);
        return "";
      case "kv namespace":
        if (name === "create") this.#namespace = "id-of-cache";
        return JSON.stringify(this.#namespace ? [{ id: this.#namespace, title: "pbt-edge-cache" }] : []);
      case "queues create":
        return this.#create(this.#queues, name, SAID.queue);
      case "r2 bucket":
        return this.#create(this.#buckets, last, SAID.bucket);
      case "secret list":
        if (this.secrets.size === 0) throw refusal(SAID.noWorker);
        return JSON.stringify([...this.secrets.keys()].map((secret) => ({ name: secret, type: "secret_text" })));
      case "secret put":
        this.secrets.set(name, input);
        return "";
      default:
        throw new Error(`wrangler ${args.join(" ")} was not recorded`);
    }
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

/** The places of the first calls of some kinds. */
function placesOf(account: Account, kinds: readonly string[]): number[] {
  return kinds.map((kind) => account.calls.findIndex((call) => call.startsWith(kind)));
}

describe("provisioning", () => {
  it("creates a database before it migrates it, and sets the secrets last", () => {
    const account = new Account();
    account.provision();
    const places = placesOf(account, [
      "d1 create",
      "d1 migrations apply",
      "kv namespace create",
      "queues create",
      "r2 bucket create",
      "secret put",
    ]);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(account.callsOf("d1 migrations apply")).toEqual(
      [0, 1, 2, 3].map((shard) => `d1 migrations apply pbt-edge-${shard} --remote`),
    );
    expect([...account.secrets.keys()]).toEqual(["PBT_ROOT_KEY", "KEY_PEPPER", "KEY_ENCRYPTION_KEY"]);
  });

  it("sets every secret without which `wrangler deploy` refuses, and names every queue", () => {
    const account = new Account();
    account.provision();
    const required = /^required = (\[.*\])$/m.exec(account.config)?.[1] ?? "[]";
    expect([...account.secrets.keys()].toSorted()).toEqual((JSON.parse(required) as string[]).toSorted());
    const queues = [...account.config.matchAll(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm)].map(([, name]) => name);
    expect(account.callsOf("queues create")).toEqual([...new Set(queues)].map((name) => `queues create ${name}`));
  });

  it("writes the ids of what it created into the configuration, each beside its own name", () => {
    const account = new Account();
    account.provision();
    for (const shard of [0, 1, 2, 3]) {
      const name = `pbt-edge-${shard}`;
      expect(account.config).toContain(`database_name = "${name}"\ndatabase_id = "uuid-of-${name}"`);
    }
    expect(account.config).toContain('binding = "CACHE"\nid = "id-of-cache"');
  });

  it("creates nothing and changes no secret when it is run again", () => {
    const account = new Account();
    account.provision();
    const [config, secrets] = [account.config, [...account.secrets]];
    account.calls.length = 0;
    account.said.length = 0;
    account.provision();
    expect([account.config, [...account.secrets]]).toEqual([config, secrets]);
    expect([...account.callsOf("d1 create"), ...account.callsOf("secret put")]).toEqual([]);
    expect(account.said).toEqual(["migrated pbt-edge-0, pbt-edge-1, pbt-edge-2, pbt-edge-3"]);
  });

  it("comes to the same account, wherever its connection broke before", () => {
    const whole = new Account();
    whole.provision();
    for (let at = 1; at <= whole.calls.length; at += 1) {
      const account = new Account();
      account.breaksAt = at;
      expect(() => account.provision()).toThrow(/fetch failed/);
      account.provision();
      expect([account.config, [...account.databases]]).toEqual([whole.config, [...whole.databases]]);
      expect([...account.secrets.keys()]).toEqual([...whole.secrets.keys()]);
    }
  });

  it("keeps the secrets of a deployment whose secrets cannot be listed", () => {
    const account = new Account();
    account.provision();
    const secrets = [...account.secrets];
    const list = account.calls.findIndex((call) => call.startsWith("secret list"));
    account.breaksAt = account.calls.length + list - account.callsOf("d1 create").length;
    for (let runs = 0; runs < 3; runs += 1) {
      try {
        account.provision();
      } catch {
        // The connection broke.
      }
    }
    expect([...account.secrets]).toEqual(secrets);
  });

  it("adds shards behind those that there are, creates them, and adds none twice", () => {
    const account = new Account();
    account.provision();
    account.calls.length = 0;
    account.provision(8);
    account.provision(8);
    expect(account.callsOf("d1 create")).toEqual([4, 5, 6, 7].map((shard) => `d1 create pbt-edge-${shard}`));
    const bindings = [...account.config.matchAll(/binding = "(DB_SHARD_\d+)"\ndatabase_name = "(.+)"/g)];
    expect(bindings.map(([, binding, name]) => `${binding} ${name}`)).toEqual(
      Array.from({ length: 8 }, (_, shard) => `DB_SHARD_${shard} pbt-edge-${shard}`),
    );
  });

  it.each([3, 0, 4.5, Number.NaN, 65])("refuses %s shards, and says how many there may be", (count) => {
    const { config } = new Account();
    expect(() => withShards(config, count)).toThrow(/shards must be a whole number from 4 to 64: there are 4 now/);
  });
});
