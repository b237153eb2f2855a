import { describe, expect, it } from "vitest";
import { call, newKey } from "../support/api.ts";
import { step, tenantWithChain } from "../support/chains.ts";

const LABEL = "/v1/chains/c/labels/production";

/** A tenant whose chain `c` has some versions. */
async function withVersions(count: number) {
  const tenant = await tenantWithChain([step("a", "v1")]);
  const publish = async (version: number, headers: Record<string, string> = {}) =>
    call("PUT", "/v1/chains/c", { key: tenant.key, json: { steps: [step("a", `v${version}`)] }, headers });
  for (let version = 2; version <= count; version++) await publish(version);
  const move = async (json: unknown, headers: Record<string, string> = {}) =>
    call("PUT", LABEL, { key: tenant.key, json, headers });
  return { ...tenant, publish, move };
}

describe("labels of a chain", () => {
  it("are listed with what they mean, by pages", async () => {
    const { key, move } = await withVersions(2);
    const split = [
      { version: 1, weight: 9 },
      { version: 2, weight: 1 },
    ];
    await move({ split });
    await call("PUT", "/v1/chains/c/labels/beta", { key, json: { version: 2 } });
    const first = await call<{ data: object[]; next_cursor: string }>("GET", "/v1/chains/c/labels?limit=1", { key });
    expect(first.json.data).toMatchObject([{ label: "beta", version: 2 }]);
    const next = await call("GET", `/v1/chains/c/labels?cursor=${first.json.next_cursor}`, { key });
    expect(next.json).toMatchObject({ data: [{ label: "production", split }], next_cursor: null });
    expect((await call("GET", "/v1/chains/none/labels", { key })).status).toBe(404);
  });

  it("say who moved them when, from what to what, and why; also after they were deleted", async () => {
    const { key, keyId, move } = await withVersions(2);
    const other = await newKey(key, ["prompts:write"]);
    await move({ version: 1, reason: "first release" });
    await call("PUT", LABEL, { key: other.key, json: { version: 2 } });
    const back = await call("POST", `${LABEL}/rollback`, { key, json: { reason: "incident 7" } });
    expect([back.status, back.json]).toEqual([200, { name: "c", label: "production", version: 1 }]);
    expect((await call("DELETE", `${LABEL}?reason=unused`, { key })).status).toBe(204);
    const { json } = await call<{ data: { when: string }[] }>("GET", `${LABEL}/history`, { key });
    const [one, two] = [{ version: 1 }, { version: 2 }];
    expect(json.data).toMatchObject([
      { who: keyId, from: one, to: null, why: "unused", cause: "deletion", promotion: null },
      { who: keyId, from: two, to: one, why: "incident 7", cause: "rollback" },
      { who: other.id, from: one, to: two, why: null, cause: "set" },
      { who: keyId, from: null, to: one, why: "first release", cause: "set" },
    ]);
    expect(Date.parse(json.data[0]?.when ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect((await call("GET", "/v1/chains/c", { key })).json).toMatchObject({ version: 2 });
  });

  it("move only where they mean the version of If-Match, and not where nothing changes", async () => {
    const { key, move } = await withVersions(3);
    expect((await move({ version: 1 }, { "if-match": '"1"' })).status).toBe(412);
    await move({ version: 1 });
    await move({ version: 1 });
    expect((await move({ version: 2 }, { "if-match": '"3"' })).status).toBe(412);
    expect((await move({ version: 2 }, { "if-match": '"1"' })).status).toBe(200);
    const refused = await call("DELETE", LABEL, { key, headers: { "if-match": '"1"' } });
    expect(refused.status).toBe(412);
    expect((await call<{ data: object[] }>("GET", `${LABEL}/history`, { key })).json.data).toHaveLength(2);
  });

  it("go back further with each rollback, and not to what they never were", async () => {
    const { key, move } = await withVersions(3);
    const back = async () => call<{ version?: number }>("POST", `${LABEL}/rollback`, { key, json: {} });
    expect((await back()).status).toBe(404);
    for (const version of [1, 2, 3]) await move({ version });
    const [first, second, third] = [await back(), await back(), await back()];
    expect([first.json.version, second.json.version, third.status]).toEqual([2, 1, 409]);
  });

  it("keep their moves when the chain is deleted, apart from those of a prompt of its name", async () => {
    const { key, move } = await withVersions(1);
    await call("PUT", "/v1/prompts/c", { key, yaml: "name: c\nmodel: gpt-4o-mini\ntemplate: hello\n" });
    await call("PUT", "/v1/prompts/c/labels/production", { key, json: { version: 1, reason: "the prompt's" } });
    await move({ version: 1, reason: "the chain's" });
    await call("DELETE", "/v1/chains/c", { key });
    const { json } = await call("GET", `${LABEL}/history`, { key });
    expect(json).toMatchObject({
      data: [
        { cause: "chain_deletion", from: { version: 1 }, to: null },
        { cause: "set", why: "the chain's" },
      ],
    });
    const ofPrompt = await call("GET", "/v1/prompts/c/labels/production/history", { key });
    expect(ofPrompt.json).toMatchObject({ data: [{ why: "the prompt's" }], next_cursor: null });
    expect((await call("GET", "/v1/chains/c/labels", { key })).status).toBe(404);
  });
});

describe("publishing a chain with If-Match", () => {
  it("makes a version only where the newest one is the expected one", async () => {
    const { publish } = await withVersions(1);
    const stale = await publish(2, { "if-match": '"7"' });
    expect([stale.status, stale.json]).toMatchObject([412, { detail: expect.stringContaining("is 1.") as unknown }]);
    expect((await publish(2, { "if-match": '"1"' })).status).toBe(201);
    expect((await publish(3, { "if-match": '"1"' })).status).toBe(412);
    expect((await publish(3, { "if-match": "*" })).status).toBe(201);
  });

  it("makes no chain that does not exist", async () => {
    const { key } = await withVersions(1);
    const reply = await call("PUT", "/v1/chains/new", {
      key,
      json: { steps: [step("a", "x")] },
      headers: { "if-match": "*" },
    });
    expect(reply.status).toBe(412);
  });
});
