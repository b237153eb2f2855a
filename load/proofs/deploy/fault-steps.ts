import assert from "node:assert/strict";
import { Refusal } from "./refusal.ts";
import { checkWhole, fail, type Steps, succeed } from "./world.ts";

const DENIED = new Refusal(403, 10000, "Authentication error");
const BUSY = new Refusal(429, 971, "Please wait and consider throttling your request speed", { "retry-after": "1" });
const BROKEN = new Refusal(500, 7500, "internal error", { "retry-after": "1" });

/** What Cloudflare's API answers instead, and what people are told of it. */
export const FAULT_STEPS: Steps = {
  async "a token that may not do something is told what it needs"(world) {
    world.cloudflare.fault = { refusal: DENIED, request: /^GET \/queues/, times: Infinity };
    await fail(
      world,
      /does not let this login[^]*D1, Queues,[^]*This call needs Queues\.[^]*goes on where it stopped/,
      "provision",
    );
    assert.deepEqual(world.account.changes, []);
  },

  async "a created database whose answer was lost is not created twice"(world) {
    world.cloudflare.fault = { refusal: BROKEN, request: /^POST \/d1\/database$/, times: 2, isLate: true };
    world.account.onChange = (change) => {
      // From here on, Cloudflare is busy for good.
      if (change.includes("bucket"))
        world.cloudflare.fault = { refusal: BUSY, request: /secrets-bulk/, times: Infinity };
    };
    await fail(world, /once more in 1 s[^]*limits how often[^]*five minutes/, "provision");
    assert.equal(world.account.changes.filter((change) => change.startsWith("create database")).length, 4);
    assert.equal(world.account.secrets().size, 0);
  },

  async "a call that Cloudflare limits is made again, and the rest is done"(world) {
    world.account.onChange = () => undefined;
    world.cloudflare.fault = { refusal: BUSY, request: /secrets-bulk/, times: 1 };
    await succeed(world, "provision");
    checkWhole(world);
  },

  async "a call of the API that Cloudflare limits is made again; one that it refuses says what it needs"(world) {
    const database = world.account.databases().find(({ name }) => name === "pbt-edge-0");
    world.account.replicate(database?.uuid ?? "", { mode: "disabled" });
    world.cloudflare.fault = { refusal: DENIED, request: /^PATCH \/d1/, times: 1 };
    await fail(world, /does not let this login[^]*D1, Queues,/, "provision");
    world.cloudflare.fault = { refusal: BUSY, request: /^PATCH \/d1/, times: 1 };
    assert.deepEqual(await succeed(world, "provision"), [`replicate ${database?.name}: auto`]);
  },

  async "secrets that cannot be listed are not set anew"(world) {
    const secrets = world.account.secrets();
    world.cloudflare.fault = {
      refusal: BROKEN,
      request: /^GET \/workers\/scripts\/pbt-edge\/secrets/,
      times: Infinity,
    };
    await fail(world, /Cloudflare's API failed[^]*run this again/, "provision");
    assert.deepEqual(world.account.secrets(), secrets);
  },

  async "an upload that fails once is sent again; one that may not be sent says so"(world) {
    world.cloudflare.fault = {
      refusal: DENIED,
      request: /^POST \/workers\/scripts\/.*\/assets-upload-session/,
      times: 1,
    };
    await fail(world, /Authentication error/, "deploy");
    world.cloudflare.fault = { refusal: BROKEN, request: /^PUT \/workers\/scripts\/pbt-edge$/, times: 1 };
    await succeed(world, "deploy");
  },
};
