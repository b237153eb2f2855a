import { describe, expect, it } from "vitest";
import { withShards } from "../scripts/deployment-config.ts";
import { WranglerFailed } from "../scripts/wrangler.ts";
import { AccountByWrangler } from "./support/account-by-wrangler.ts";

/** The places of the first calls of some kinds. */
function placesOf(account: AccountByWrangler, kinds: readonly string[]): number[] {
  return kinds.map((kind) => account.calls.findIndex((call) => call.startsWith(kind)));
}

describe("provisioning", () => {
  it("creates a database before it migrates it, and sets the secrets last", async () => {
    const account = new AccountByWrangler();
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
    const account = new AccountByWrangler();
    await account.provision();
    const required = /^required = (\[.*\])$/m.exec(account.config)?.[1] ?? "[]";
    expect([...account.secrets.keys()].toSorted()).toEqual((JSON.parse(required) as string[]).toSorted());
    const queues = [...account.config.matchAll(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm)].map(([, name]) => name);
    expect(account.callsOf("queues create")).toEqual([...new Set(queues)].map((name) => `queues create ${name}`));
  });

  it("passes secrets in no argument, and shows the root key before it is set", async () => {
    const account = new AccountByWrangler();
    await account.provision();
    for (const secret of account.secrets.values()) expect(account.calls.join("\n")).not.toContain(secret);
    const shown = new AccountByWrangler();
    shown.losesAnswerOf = account.calls.length;
    await expect(shown.provision()).rejects.toThrow(WranglerFailed);
    await shown.provision();
    expect(shown.said.filter((line) => line.includes("PBT_ROOT_KEY:"))).toEqual([
      `PBT_ROOT_KEY: ${shown.secrets.get("PBT_ROOT_KEY")} (shown this once: keep it)`,
    ]);
  });

  it("writes the ids of what it created into the configuration, each beside its own name", async () => {
    const account = new AccountByWrangler();
    await account.provision();
    for (const shard of [0, 1, 2, 3]) {
      const name = `pbt-edge-${shard}`;
      expect(account.config).toContain(`database_name = "${name}"\ndatabase_id = "uuid-of-${name}"`);
    }
    expect(account.config).toContain('binding = "CACHE"\nid = "id-of-pbt-edge-cache"');
  });

  it("calls nothing that creates or sets when it is run again", async () => {
    const account = new AccountByWrangler();
    await account.provision();
    const [config, secrets] = [account.config, [...account.secrets]];
    account.calls.length = 0;
    await account.provision();
    expect([account.config, [...account.secrets]]).toEqual([config, secrets]);
    expect(account.calls.filter((call) => /create|secret bulk/.test(call))).toEqual([]);
  });

  it("turns on read replication once, where a database has none", async () => {
    const account = new AccountByWrangler();
    account.databases.set("somebody else's", "uuid-of-another");
    await account.provision();
    const names = [0, 1, 2, 3].map((shard) => `pbt-edge-${shard}`);
    expect([...account.replicated]).toEqual(names.map((name) => [name, "auto"]));
    account.replicated.set("pbt-edge-2", "disabled");
    account.calls.length = 0;
    await account.provision();
    expect(account.callsOf("replicate")).toEqual(["replicate pbt-edge-2"]);
  });

  it("leaves read replication as it is where a flag or REPLICA_MAX_LAG_MS says no", async () => {
    const account = new AccountByWrangler();
    await account.provision({ withoutReplicas: true });
    account.config = account.config.replace(/^REPLICA_MAX_LAG_MS = .*/m, 'REPLICA_MAX_LAG_MS = "0"');
    await account.provision();
    expect(account.callsOf("replicate")).toEqual([]);
  });

  it("tells what it would do and does none of it in a dry run", async () => {
    const account = new AccountByWrangler();
    const { config } = account;
    await account.provision({ isDryRun: true, shards: 5 });
    expect(account.calls.every((call) => call.includes("list"))).toBe(true);
    expect(account.config).toBe(config);
    expect(account.said[0]).toBe("would write 5 databases into the configuration");
    expect(account.said).toContain("would create D1 database pbt-edge-4");
    expect(account.said.at(-1)).toBe("would set the secrets PBT_ROOT_KEY, KEY_PEPPER, KEY_ENCRYPTION_KEY");
  });

  it.each(["breaksAt", "losesAnswerOf"] as const)("comes to the same account after any call %s", async (fault) => {
    const whole = new AccountByWrangler();
    await whole.provision();
    for (let at = 1; at <= whole.calls.length; at += 1) {
      const account = new AccountByWrangler();
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
    const account = new AccountByWrangler();
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
    const account = new AccountByWrangler();
    await account.provision();
    const secrets = [...account.secrets];
    account.breaksAt = account.calls.length + 5;
    await expect(account.provision()).rejects.toThrow("wrangler  failed");
    expect(account.calls.at(account.breaksAt - 1)).toBe("secret list --format json");
    expect([...account.secrets]).toEqual(secrets);
  });

  it("makes no new secrets for databases that have tenants: their keys need the old ones", async () => {
    const account = new AccountByWrangler();
    await account.provision();
    account.hasTenants = true;
    account.secrets.clear();
    await expect(account.provision()).rejects.toThrow(
      /^pbt-edge-0 has tenants.*without the KEY_PEPPER and the KEY_ENCRYPTION_KEY/,
    );
    expect([...account.secrets]).toEqual([]);
    account.given = { KEY_PEPPER: "the-pepper-of-old", KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64") };
    await account.provision();
    expect(Object.fromEntries(account.secrets)).toMatchObject(account.given);
    account.secrets.delete("PBT_ROOT_KEY");
    account.given = {};
    await account.provision();
    expect(account.secrets.has("PBT_ROOT_KEY")).toBe(true);
  });

  it("keeps the secrets that somebody else has set since it read the account", async () => {
    const account = new AccountByWrangler();
    account.onCall = (call) => {
      // The other one's run ends, and they deploy.
      if (call.startsWith("r2 bucket create")) account.secrets.set("KEY_PEPPER", "theirs");
    };
    await account.provision();
    expect(account.secrets.get("KEY_PEPPER")).toBe("theirs");
    expect(account.secrets.size).toBe(3);
  });

  it("waits for lists that miss what was just created, and says what they miss for long", async () => {
    const account = new AccountByWrangler();
    account.listsLate = 2;
    await account.provision();
    expect(account.pauses).toEqual([2_000, 8_000]);
    expect(account.config).toContain('database_name = "pbt-edge-3"\ndatabase_id = "uuid-of-pbt-edge-3"');
    const late = new AccountByWrangler();
    late.listsLate = 3;
    await expect(late.provision()).rejects.toThrow("the account does not list pbt-edge-0 yet");
    expect(late.callsOf("d1 migrations")).toEqual([]);
  });

  it("refuses an account that does not have the databases whose ids the configuration has", async () => {
    const account = new AccountByWrangler();
    await account.provision();
    const other = new AccountByWrangler();
    other.config = account.config;
    await expect(other.provision()).rejects.toThrow(
      /no database with the id uuid-of-pbt-edge-0.*CLOUDFLARE_ACCOUNT_ID/,
    );
    expect(other.calls.filter((call) => !call.includes("list"))).toEqual([]);
  });

  it("leaves a database alone that has the name of one of its own, and tables of something else", async () => {
    const account = new AccountByWrangler();
    account.databases.set("pbt-edge-2", "uuid-of-theirs");
    account.tables.set("pbt-edge-2", "wp_posts");
    await expect(account.provision()).rejects.toThrow(/a database pbt-edge-2 with a table wp_posts/);
    expect(account.calls.filter((call) => !/list|d1 execute/.test(call))).toEqual([]);
    account.tables.delete("pbt-edge-2");
    await account.provision();
    expect(account.config).toContain('database_name = "pbt-edge-2"\ndatabase_id = "uuid-of-theirs"');
  });

  it("gives a second deployment, with other names, databases and a cache of its own", async () => {
    const account = new AccountByWrangler();
    await account.provision();
    account.calls.length = 0;
    account.hasTenants = true;
    account.secrets.clear();
    account.config = account.config.replaceAll('"pbt-edge', '"pbt-staging');
    await account.provision({ shards: 5 });
    expect(account.callsOf("d1 create")).toEqual([0, 1, 2, 3, 4].map((shard) => `d1 create pbt-staging-${shard}`));
    expect(account.callsOf("kv namespace create")).toEqual(["kv namespace create pbt-staging-cache"]);
    expect(account.config).toContain('database_name = "pbt-staging-0"\ndatabase_id = "uuid-of-pbt-staging-0"');
    expect(account.config).toContain('binding = "CACHE"\nid = "id-of-pbt-staging-cache"');
  });

  it("keeps the comments and the ends of lines of the configuration", async () => {
    const [account, windows] = [new AccountByWrangler(), new AccountByWrangler()];
    const comments = (config: string) => config.split("\n").filter((line) => line.startsWith("#"));
    const before = comments(account.config);
    await account.provision();
    expect(comments(account.config)).toEqual(before);
    windows.config = windows.config.replaceAll("\n", "\r\n");
    await windows.provision();
    expect(windows.config.replaceAll("\r\n", "\n")).toBe(account.config);
  });

  it.each([
    ['[[env.staging.d1_databases]]\ndatabase_name = "a"\ndatabase_id = ""\n', "environments are not supported"],
    ['[[d1_databases]]\ndatabase_name = "a"\n# Its id.\ndatabase_id = "0"\n', "database_id of a must follow"],
  ])("refuses a configuration that it cannot change in place", async (more, told) => {
    const account = new AccountByWrangler();
    account.config += more;
    await expect(account.provision()).rejects.toThrow(told);
    expect(account.calls).toEqual([]);
  });

  it("adds shards behind those that there are, creates them, and adds none twice", async () => {
    const account = new AccountByWrangler();
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
    const { config } = new AccountByWrangler();
    expect(() => withShards(config, count)).toThrow(/shards must be a whole number from 4 to 40: there are 4 now/);
  });
});
