import { describe, expect, it } from "vitest";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";

const LABEL = "/v1/prompts/greet/labels/production";

/** A tenant whose prompt has some versions. */
async function withVersions(count: number) {
  const tenant = await newTenant();
  for (let version = 1; version <= count; version++) {
    await call("PUT", "/v1/prompts/greet", {
      key: tenant.key,
      yaml: yamlPrompt("greet", `description: v${version}\n`),
    });
  }
  const move = async (json: unknown, headers: Record<string, string> = {}) =>
    call("PUT", LABEL, { key: tenant.key, json, headers });
  return { ...tenant, move };
}

describe("labels", () => {
  it("are listed with what they mean, by pages", async () => {
    const { key, move } = await withVersions(2);
    await move({
      split: [
        { version: 1, weight: 9 },
        { version: 2, weight: 1 },
      ],
    });
    await call("PUT", "/v1/prompts/greet/labels/beta", { key, json: { version: 2 } });
    const first = await call<{ data: object[]; next_cursor: string }>("GET", "/v1/prompts/greet/labels?limit=1", {
      key,
    });
    expect(first.json.data).toMatchObject([{ label: "beta", version: 2 }]);
    const next = await call("GET", `/v1/prompts/greet/labels?cursor=${first.json.next_cursor}`, { key });
    expect(next.json).toMatchObject({
      data: [
        {
          label: "production",
          split: [
            { version: 1, weight: 9 },
            { version: 2, weight: 1 },
          ],
        },
      ],
      next_cursor: null,
    });
    expect((await call("GET", "/v1/prompts/none/labels", { key })).status).toBe(404);
  });

  it("say who moved them when, from what to what, and why; also after they were deleted", async () => {
    const { key, keyId, move } = await withVersions(2);
    const other = await newKey(key, ["prompts:write"]);
    await move({ version: 1, reason: "first release" });
    await call("PUT", LABEL, { key: other.key, json: { version: 2 } });
    const back = await call("POST", `${LABEL}/rollback`, { key, json: { reason: "incident 7" } });
    expect([back.status, back.json]).toEqual([200, { name: "greet", label: "production", version: 1 }]);
    expect((await call("DELETE", `${LABEL}?reason=unused`, { key })).status).toBe(204);
    const { json } = await call<{ data: { when: string }[] }>("GET", `${LABEL}/history`, { key });
    const [one, two] = [{ version: 1 }, { version: 2 }];
    expect(json.data).toMatchObject([
      { who: keyId, from: one, to: null, why: "unused", cause: "deletion", promotion: null },
      { who: keyId, from: two, to: one, why: "incident 7", cause: "rollback", promotion: null },
      { who: other.id, from: one, to: two, why: null, cause: "set", promotion: null },
      { who: keyId, from: null, to: one, why: "first release", cause: "set", promotion: null },
    ]);
    expect(json.data.map(({ when }) => when)).toEqual(
      json.data
        .map(({ when }) => when)
        .toSorted()
        .toReversed(),
    );
    expect((await call("DELETE", LABEL, { key })).status).toBe(404);
    expect((await call("POST", `${LABEL}/rollback`, { key, json: {} })).status).toBe(404);
    expect((await call("GET", "/v1/prompts/greet/labels/none/history", { key })).status).toBe(404);
  });

  it("are served at once as they were rolled back", async () => {
    const { key, move } = await withVersions(2);
    await move({ version: 1 });
    await move({ version: 2 });
    await call("POST", `${LABEL}/rollback`, { key, json: {} });
    const { json } = await call("GET", "/v1/prompts/greet?label=production", { key });
    expect(json).toMatchObject({ version: 1, labels: ["production"] });
  });

  it("are moved only from what `If-Match` says that they mean", async () => {
    const { key, move } = await withVersions(2);
    expect((await move({ version: 1 }, { "if-match": "*" })).status).toBe(412);
    await move({ version: 1 });
    expect((await move({ version: 2 }, { "if-match": '"2"' })).json).toMatchObject({
      code: "precondition_failed",
      detail: 'The label "production" is 1. It was not moved.',
    });
    expect((await call("DELETE", LABEL, { key, headers: { "if-match": '"2"' } })).status).toBe(412);
    expect((await move({ version: 2 }, { "if-match": '"1"' })).status).toBe(200);
    const back = await call("POST", `${LABEL}/rollback`, { key, json: {}, headers: { "if-match": '"1"' } });
    expect(back.status).toBe(412);
  });
});
