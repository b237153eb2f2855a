import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { API_TOKEN } from "./fake-operations.ts";
import { checkSecrecy, checkWhole, fail, type Steps, succeed } from "./world.ts";

/** The kinds of changes of a first deployment, in the order in which they must be made. */
const ORDER = [
  /^create database/,
  /^migrate/,
  /^replicate/,
  /^create (?:namespace|queue|bucket)/,
  /^create draft/,
  /^set secrets/,
];
const ORDER_OF_DEPLOY = [/^upload .* assets/, /^deploy/, /^set (?:crons|consumer)/];

/** From nothing to a deployment with more shards. */
export const WHOLE_STEPS: Steps = {
  async "a dry run tells the plan, and changes nothing"(world) {
    const { output } = await world.checkout.run("provision", "--dry-run");
    assert.match(output, /would create D1 database pbt-edge-0\n[^]*would set the secrets PBT_ROOT_KEY/);
    assert.deepEqual(world.account.changes, []);
    assert.equal(world.checkout.config, readFileSync("wrangler.toml", "utf8"));
  },

  async "nothing is deployed before it is provisioned"(world) {
    await fail(world, /pbt-edge-0 was not created yet[^]*npm run provision/, "deploy");
    assert.deepEqual(world.account.changes, []);
  },

  async "everything is made in its order, the secrets before the first deployment"(world) {
    const seen = { inArguments: false };
    world.account.onChange = (change) => {
      if (change.startsWith("set secrets")) seen.inArguments = areArguments([...world.account.secrets().values()]);
    };
    inOrder(await succeed(world, "provision"), ORDER);
    world.account.onChange = () => undefined;
    checkWhole(world);
    assert.equal(seen.inArguments, false, "a secret was an argument of a process");
    inOrder(await succeed(world, "deploy"), ORDER_OF_DEPLOY);
    assert.equal(world.account.changes.filter((change) => change.startsWith("set consumer")).length, 6);
  },

  async "a second run changes nothing but the deployed version"(world) {
    const [before, config] = [world.account.state(), world.checkout.config];
    const secrets = world.account.secrets();
    world.cloudflare.requests.length = 0;
    assert.deepEqual(await succeed(world, "provision"), []);
    assert.deepEqual(world.cloudflare.requests.filter(isCreation), []);
    assert.deepEqual(await succeed(world, "deploy"), ["deploy pbt-edge"]);
    assert.deepEqual([world.account.state(), world.checkout.config], [before, config]);
    assert.deepEqual(world.account.secrets(), secrets);
  },

  async "code is not deployed before the migrations that it needs"(world) {
    world.checkout.addFile("migrations/9999_of_the_proof.sql", "CREATE TABLE `of_the_proof` (`n` integer);\n");
    await fail(world, /pbt-edge-\d lacks 9999_of_the_proof\.sql[^]*npm run provision/, "deploy");
    inOrder(await succeed(world, "provision"), [/^migrate pbt-edge-\d: .*, 9999_of_the_proof\.sql/]);
  },

  async "one more shard is created and migrated, and those there are stay as they are"(world) {
    const changes = await succeed(world, "provision", "shards", "5");
    const isOfNew = (change: string) => /^(?:create database|migrate|replicate) pbt-edge-4\b/.test(change);
    assert.deepEqual(
      changes.filter((change) => !isOfNew(change)),
      [],
    );
    checkWhole(world, 5);
  },

  async "replicas are left as they are where somebody says no, and turned on again later"(world) {
    const database = world.account.databases().find(({ name }) => name === "pbt-edge-0");
    if (!database) throw new Error("there is no database");
    world.account.replicate(database.uuid, { mode: "disabled" });
    assert.deepEqual(await succeed(world, "provision", "--no-replicas"), []);
    assert.deepEqual(await succeed(world, "provision"), [`replicate ${database.name}: auto`]);
  },

  async "no secret is printed, but the root key once"(world) {
    checkSecrecy(world, API_TOKEN);
  },
};

/**
 * Whether a request creates or sets something; SQL does so only where a migration is missing. A
 * bucket is created again where wrangler does not show it among the first twenty, and refused.
 */
function isCreation(request: string): boolean {
  return !request.startsWith("GET ") && !/\/query$|\/r2\/buckets$/.test(request);
}

function inOrder(changes: readonly string[], kinds: readonly RegExp[]): void {
  const places = changes.map((change) => kinds.findIndex((kind) => kind.test(change)));
  assert.ok(!places.includes(-1), `a change of no known kind: ${changes[places.indexOf(-1)]}`);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    changes.join("\n"),
  );
  assert.equal(new Set(places).size, kinds.length, `a kind of change is missing:\n${changes.join("\n")}`);
}

/** Whether a process of this machine was started with one of some words, where it tells that. */
function areArguments(words: readonly string[]): boolean {
  if (!existsSync("/proc/self/cmdline")) return false;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        const started = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return words.some((word) => started.includes(word));
      } catch {
        // It has ended.
        return false;
      }
    });
}
