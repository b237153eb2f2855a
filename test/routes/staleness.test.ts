import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { servicesOf } from "../../src/deps/services.ts";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";

/** Another isolate on the same storage, with its own services and memory. */
function isolate(change: Record<string, unknown> = {}) {
  const own = { ...env, ...change } as Env;
  const app = createApp(() => servicesOf(own));
  return async (key: string, json: object, path = "/v1/executions", method = "POST") => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = { method, headers, body: JSON.stringify(json) };
    const response = await app.fetch(new Request(`https://edge.test${path}`, init), own, createExecutionContext());
    const body = await response.json<{ prompt?: { version: number }; code?: string }>();
    return { status: response.status, headers: response.headers, body };
  };
}

const asked = { prompt: "greet", variables: { who: "x" } };
const shards = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];

async function published(versions = 1) {
  const tenant = await newTenant();
  for (let version = 1; version <= versions; version++) {
    const yaml = yamlPrompt("greet", `description: "${version}"\n`);
    await call("PUT", "/v1/prompts/greet", { key: tenant.key, yaml });
  }
  return tenant;
}

describe("the bound on staleness", () => {
  it("holds for labels, deletions and keys in an isolate that did not see the change", async () => {
    const { key, keyId } = await published(2);
    const far = isolate({ POINTER_FRESH_MS: "100", POINTER_BOUND_MS: "400" });
    await call("PUT", "/v1/prompts/greet/labels/production", { key, json: { version: 1 } });
    expect((await far(key, asked)).body.prompt?.version).toBe(1);
    await call("PUT", "/v1/prompts/greet/labels/production", { key, json: { version: 2 } });
    const within = { timeout: 1_000, interval: 20 };
    await expect.poll(async () => (await far(key, asked)).body.prompt?.version, within).toBe(2);
    await call("DELETE", "/v1/prompts/greet", { key });
    await expect.poll(async () => (await far(key, asked)).status, within).toBe(404);
    // The last key of an administrator cannot be revoked.
    await newKey(key, ["admin"]);
    await call("DELETE", `/v1/keys/${keyId}`, { key });
    await expect.poll(async () => (await far(key, asked)).status, within).toBe(401);
  });

  it("appears in the response, and no-cache reads the pointer anew", async () => {
    const { key } = await published();
    const far = isolate();
    await far(key, asked);
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", "description: two\n") });
    const old = await far(key, asked);
    expect([old.body.prompt?.version, Number(old.headers.get("x-pbt-pointer-age")) < 5]).toEqual([1, true]);
    const own = { ...env } as Env;
    const anew = await createApp(() => servicesOf(own)).fetch(
      new Request("https://edge.test/v1/executions", {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "cache-control": "no-cache" },
        body: JSON.stringify(asked),
      }),
      own,
      createExecutionContext(),
    );
    expect(await anew.json()).toMatchObject({ prompt: { version: 2 } });
  });

  it("does not hide a version or label that was published since", async () => {
    const { key } = await published();
    const far = isolate();
    await far(key, asked);
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", "description: two\n") });
    await call("PUT", "/v1/prompts/greet/labels/canary", { key, json: { version: 2 } });
    expect((await far(key, { ...asked, version: 2 })).status).toBe(200);
    expect((await far(key, { ...asked, label: "canary" })).body.prompt?.version).toBe(2);
  });
});

describe("while storage is down", () => {
  const rename = async (from: string, to: string) =>
    Promise.all(shards.map(async (shard) => shard.prepare(`alter table ${from} rename to ${to}`).run()));
  afterEach(async () => {
    await rename("prompts_away", "prompts").catch(() => undefined);
  });

  it("the last good prompt is served and marked and writes fail, until storage recovers", async () => {
    const { key } = await published();
    const far = isolate({ POINTER_FRESH_MS: "1", POINTER_BOUND_MS: "1" });
    expect((await far(key, asked)).headers.get("x-pbt-degraded")).toBeNull();
    await rename("prompts", "prompts_away");
    const served = await far(key, asked);
    expect([served.status, served.headers.get("x-pbt-degraded")]).toEqual([200, "pointer"]);
    const write = await far(key, { version: 1 }, "/v1/prompts/greet/labels/production", "PUT");
    expect([write.status, write.body.code]).toEqual([500, "internal_error"]);
    await rename("prompts_away", "prompts");
    expect((await far(key, asked)).headers.get("x-pbt-degraded")).toBeNull();
  });

  it("executions succeed without KV and without the object of their flight", async () => {
    const { key } = await published();
    const broken = async () => Promise.reject(new Error("down"));
    const far = isolate({
      CACHE: { get: broken, put: broken, delete: broken },
      SINGLE_FLIGHT: { getByName: () => ({ fetch: broken, lead: broken }) },
    });
    const reply = await far(key, { ...asked, cache: true });
    expect([reply.status, reply.headers.get("x-pbt-cache")]).toEqual([200, "miss"]);
    expect((await far(key, { ...asked, cache: true })).headers.get("x-pbt-cache")).toBe("hit; memory");
  });
});
