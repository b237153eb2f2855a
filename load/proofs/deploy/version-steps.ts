import assert from "node:assert/strict";
import type { Ended } from "./checkout.ts";
import { type DeployWorld, type Steps, succeed } from "./world.ts";

const NAME = "pbt-edge";
const UPLOAD = ["versions", "upload", "dist/src/index.ts", "--minify"];

/** Deployments of a part of the traffic, and those that are taken back, as docs/operations.md has them. */
export const VERSION_STEPS: Steps = {
  async "a version gets a tenth of the traffic, then all of it"(world) {
    await succeed(world, "provision");
    await succeed(world, "deploy");
    await wrangler(world, ...UPLOAD);
    const { versions, deployments } = world.account.worker(NAME);
    assert.equal(deployments.length, 1, "an upload has traffic");
    const [older = "", newer = ""] = versions.map(({ id }) => id);
    await wrangler(world, "versions", "deploy", `${newer}@10`, `${older}@90`, "--yes");
    assert.deepEqual(shares(world), { [older]: 90, [newer]: 10 });
    assert.deepEqual(await succeed(world, "provision"), []);
    await wrangler(world, "versions", "deploy", `${newer}@100`, "--yes");
    assert.deepEqual(shares(world), { [newer]: 100 });
  },

  async "a deployment is taken back"(world) {
    const [older = "", newer = ""] = world.account.worker(NAME).versions.map(({ id }) => id);
    await wrangler(world, "rollback", older, "--yes");
    assert.deepEqual(shares(world), { [older]: 100 });
    await wrangler(world, "rollback", newer, "--yes");
    assert.deepEqual(shares(world), { [newer]: 100 });
  },

  async "a second deployment in the account shares nothing with the first"(world) {
    const first = world.checkout.config;
    world.checkout.addFile("staging.toml", first.replaceAll('"pbt-edge', '"pbt-staging'));
    const changes = [
      ...(await succeed(world, "provision", "--config", "staging.toml")),
      ...(await succeed(world, "deploy", "--config", "staging.toml")),
    ];
    assert.deepEqual(
      changes.filter((change) => change.includes("pbt-edge")),
      [],
    );
    assert.equal(world.checkout.config, first);
    assert.ok(changes.includes("deploy pbt-staging"), "it was not deployed");
  },

  async "a new class of objects comes with a whole deployment only, and is not taken back"(world) {
    const [older = ""] = world.account.worker(NAME).versions.map(({ id }) => id);
    world.checkout.addFile("wrangler.toml", withNewClass(world.checkout.config));
    const refused = await world.checkout.wrangler(...UPLOAD);
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.output,
      /pending Durable Object migration, which cannot be applied by `wrangler versions upload`/,
    );
    await succeed(world, "deploy");
    const back = await world.checkout.wrangler("rollback", older, "--yes");
    assert.notEqual(back.code, 0);
    assert.match(back.output, /before the last migration of Durable Objects/);
  },
};

async function wrangler({ checkout, cloudflare }: DeployWorld, ...args: string[]): Promise<Ended> {
  const ended = await checkout.wrangler(...args);
  assert.equal(ended.code, 0, `wrangler ${args.join(" ")} ended with ${ended.code}:\n${ended.output}`);
  assert.deepEqual(cloudflare.unknown, [], "requests that the fake does not know");
  return ended;
}

/** The traffic of each version, in percent. */
function shares({ account }: DeployWorld): Record<string, number> {
  const [newest = []] = account.worker(NAME).deployments;
  return Object.fromEntries(newest.map(({ version_id, percentage }) => [version_id, percentage]));
}

/** The configuration with another migration of Durable Objects. */
function withNewClass(config: string): string {
  return `${config}\n[[migrations]]\ntag = "v2-of-the-proof"\nnew_sqlite_classes = ["Added"]\n`;
}
