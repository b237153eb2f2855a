import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { provision, type ProvisioningOptions, withShards } from "../scripts/provisioning.ts";
import { adviceFor, withRetries, WranglerFailed } from "../scripts/wrangler.ts";

/** What wrangler 4.155 says of what is there already, as `npm run prove -- deploy` shows. */
const SAID = {
  database: "A database with that name already exists [code: 7502]",
  queue: "Queue name 'pbt-edge-usage' is already taken. Please use a different name and try again. [code: 11009]",
  bucket: "The bucket you tried to create already exists, and you own it. [code: 10004]",
  noWorker: '✘ [ERROR] Worker "pbt-edge" not found.\n\nIf this is a new Worker, run `wrangler deploy` first',
};

function refusal(output: string): Error {
  return new WranglerFailed([], output);
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
  /** The call that has its effect although its answer is lost. */
  losesAnswerOf = Infinity;
  readonly #queues = new Set<string>();
  readonly #buckets = new Set<string>();
  #namespace: string | undefined;

  /** Secrets in the environment. */
  given: Record<string, string> = {};

  async provision(options?: ProvisioningOptions): Promise<void> {
    return provision(
      {
        wrangler: async (args, input) => this.#wrangler(args, input),
        readConfig: () => this.config,
        writeConfig: (text) => void (this.config = text),
        say: (line) => this.said.push(line),
        random: (bytes, encoding) => Buffer.alloc(bytes, this.calls.length).toString(encoding),
        given: this.given,
      },
      options,
    );
  }

  #wrangler(args: readonly string[], input = ""): string {
    this.calls.push(args.join(" "));
    if (this.calls.length === this.breaksAt) throw refusal("fetch failed");
    const answer = this.#answer(args, input);
    if (this.calls.length === this.losesAnswerOf) throw refusal("fetch failed");
    return answer;
  }

  #answer(args: readonly string[], input: string): string {
    const [area = "", verb = "", name = "", last = ""] = args;
    switch (`${area} ${verb}`) {
      case "d1 list":
        return JSON.stringify([...this.databases].map(([database, uuid]) => ({ name: database, uuid })));
      case "d1 create":
        if (this.databases.has(name)) throw refusal(SAID.database);
        this.databases.set(name, `uuid-of-${name}`);
        return "";
      case "d1 migrations":
        if (!this.databases.has(last)) throw refusal(`Couldn't find a D1 DB with the name '${last}'`);
        return "";
      case "kv namespace":
        if (name === "create") this.#namespace = "id-of-cache";
        return JSON.stringify(this.#namespace ? [{ id: this.#namespace, title: "pbt-edge-cache" }] : []);
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
  it("creates a database before it migrates it, and sets the secrets last", async () => {
    const account = new Account();
    await account.provision();
    const places = placesOf(account, ["d1 create", "d1 migrations apply", "kv namespace create", "secret bulk"]);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(account.calls.at(-1)).toBe("secret bulk");
    expect(account.callsOf("d1 migrations apply")).toEqual(
      [0, 1, 2, 3].map((shard) => `d1 migrations apply pbt-edge-${shard} --remote`),
    );
    expect(account.callsOf("r2 bucket create")).toEqual(["r2 bucket create pbt-edge-ledger"]);
  });

  it("sets every secret without which `wrangler deploy` refuses, and names every queue", async () => {
    const account = new Account();
    await account.provision();
    const required = /^required = (\[.*\])$/m.exec(account.config)?.[1] ?? "[]";
    expect([...account.secrets.keys()].toSorted()).toEqual((JSON.parse(required) as string[]).toSorted());
    const queues = [...account.config.matchAll(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm)].map(([, name]) => name);
    expect(account.callsOf("queues create")).toEqual([...new Set(queues)].map((name) => `queues create ${name}`));
  });

  it("passes secrets in no argument, and shows the root key before it is set", async () => {
    const account = new Account();
    await account.provision();
    for (const secret of account.secrets.values()) expect(account.calls.join("\n")).not.toContain(secret);
    const shown = new Account();
    shown.losesAnswerOf = account.calls.length;
    await expect(shown.provision()).rejects.toThrow(WranglerFailed);
    await shown.provision();
    expect(shown.said.filter((line) => line.includes("PBT_ROOT_KEY:"))).toEqual([
      `PBT_ROOT_KEY: ${shown.secrets.get("PBT_ROOT_KEY")} (shown this once: keep it)`,
    ]);
  });

  it("writes the ids of what it created into the configuration, each beside its own name", async () => {
    const account = new Account();
    await account.provision();
    for (const shard of [0, 1, 2, 3]) {
      const name = `pbt-edge-${shard}`;
      expect(account.config).toContain(`database_name = "${name}"\ndatabase_id = "uuid-of-${name}"`);
    }
    expect(account.config).toContain('binding = "CACHE"\nid = "id-of-cache"');
  });

  it("calls nothing that creates or sets when it is run again", async () => {
    const account = new Account();
    await account.provision();
    const [config, secrets] = [account.config, [...account.secrets]];
    account.calls.length = 0;
    await account.provision();
    expect([account.config, [...account.secrets]]).toEqual([config, secrets]);
    expect(account.calls.filter((call) => /create|secret bulk/.test(call))).toEqual([]);
  });

  it("tells what it would do and does none of it in a dry run", async () => {
    const account = new Account();
    const { config } = account;
    await account.provision({ isDryRun: true, shards: 5 });
    expect(account.calls.every((call) => call.includes("list"))).toBe(true);
    expect(account.config).toBe(config);
    expect(account.said[0]).toBe("would write 5 databases into wrangler.toml");
    expect(account.said).toContain("would create D1 database pbt-edge-4");
    expect(account.said.at(-1)).toBe("would set the secrets PBT_ROOT_KEY, KEY_PEPPER, KEY_ENCRYPTION_KEY");
  });

  it.each(["breaksAt", "losesAnswerOf"] as const)("comes to the same account after any call %s", async (fault) => {
    const whole = new Account();
    await whole.provision();
    for (let at = 1; at <= whole.calls.length; at += 1) {
      const account = new Account();
      account[fault] = at;
      // A create whose answer is lost may have had its effect.
      await account.provision().catch(() => undefined);
      await account.provision();
      expect(account.config).toEqual(whole.config);
      expect(Object.fromEntries(account.databases)).toEqual(Object.fromEntries(whole.databases));
      expect([...account.secrets.keys()]).toEqual([...whole.secrets.keys()]);
    }
  });

  it("sets secrets that the environment has as they are, shows none of them, and refuses one that no Worker takes", async () => {
    const account = new Account();
    account.given = { PBT_ROOT_KEY: "root_0123456789abcdef", KEY_ENCRYPTION_KEY: "short", PATH: "/bin" };
    await expect(account.provision()).rejects.toThrow("KEY_ENCRYPTION_KEY is given, and must be 32 bytes in base64");
    expect(account.calls.filter((call) => !/list/.test(call))).toEqual([]);
    account.given["KEY_ENCRYPTION_KEY"] = Buffer.alloc(32, 7).toString("base64");
    await account.provision();
    expect([...account.secrets.keys()].toSorted()).toEqual(["KEY_ENCRYPTION_KEY", "KEY_PEPPER", "PBT_ROOT_KEY"]);
    expect(Object.fromEntries(account.secrets)).toMatchObject({
      PBT_ROOT_KEY: account.given["PBT_ROOT_KEY"],
      KEY_ENCRYPTION_KEY: account.given["KEY_ENCRYPTION_KEY"],
    });
    expect(account.said.join("\n")).not.toContain("root_0123456789abcdef");
  });

  it("keeps the secrets of a deployment whose secrets cannot be listed", async () => {
    const account = new Account();
    await account.provision();
    const secrets = [...account.secrets];
    account.breaksAt = account.calls.length + 5;
    await expect(account.provision()).rejects.toThrow("wrangler  failed");
    expect(account.calls.at(account.breaksAt - 1)).toBe("secret list --format json");
    expect([...account.secrets]).toEqual(secrets);
  });

  it("adds shards behind those that there are, creates them, and adds none twice", async () => {
    const account = new Account();
    await account.provision();
    account.calls.length = 0;
    await account.provision({ shards: 8 });
    await account.provision({ shards: 8 });
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

describe("a call of wrangler that failed", () => {
  const retried = async (output: string) => {
    const pauses: number[] = [];
    let calls = 0;
    const wrangler = withRetries(
      async () => {
        calls += 1;
        if (calls < 3) throw refusal(output);
        return "done";
      },
      async (ms) => void pauses.push(ms),
    );
    const ended = await wrangler(["d1", "list"]).catch((error: unknown) => error);
    return { calls, pauses, isDone: ended === "done" };
  };

  it("is repeated after the time that Cloudflare asks for, where it limits calls", async () => {
    const output = "throttling your request speed [code: 971]\n wait 4 second(s) before retrying";
    expect(await retried(output)).toEqual({ calls: 3, pauses: [4_000, 4_000], isDone: true });
  });

  it("is repeated where Cloudflare fails, and not where it refuses", async () => {
    expect(await retried("internal error [code: 7500]")).toEqual({ calls: 3, pauses: [2_000, 8_000], isDone: true });
    expect(await retried("Authentication error [code: 10000]")).toEqual({ calls: 1, pauses: [], isDone: false });
    expect(await retried("no such table: executions: SQLITE_ERROR [code: 7500]")).toMatchObject({ calls: 1 });
  });

  it("comes with advice on what to do", () => {
    expect(adviceFor("Authentication error [code: 10000]")).toMatch(/account permissions D1, Queues/);
    expect(adviceFor("GET /accounts/1/queues -> 429 Too Many Requests")).toMatch(/five minutes/);
    expect(adviceFor("PUT /accounts/1/workers -> 502 Bad Gateway")).toMatch(/cloudflarestatus/);
    expect(adviceFor("Please enable R2 through the Cloudflare Dashboard. [code: 10042]")).toMatch(
      /what the lines above/,
    );
  });
});
