import { describe, expect, it } from "vitest";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface Usage {
  data: Record<string, unknown>[];
}

async function withExecutions() {
  const { key, keyId } = await newTenant();
  for (const name of ["a", "b"]) await call("PUT", `/v1/prompts/${name}`, { key, yaml: yamlPrompt(name) });
  const execute = async (prompt: string, more: object = {}) =>
    (await call<{ id: string }>("POST", "/v1/executions", { key, json: { prompt, variables: { who: "x" }, ...more } }))
      .json.id;
  const ids = [
    await execute("a"),
    await execute("a", { user: "u1" }),
    await execute("b", { model: "claude-haiku-4-5" }),
  ];
  for (const id of ids) await call("GET", `/v1/executions/${id}`, { key });
  const usage = async (query: string) => call<Usage>("GET", `/v1/usage${query}`, { key });
  return { keyId, usage };
}

describe("usage", () => {
  it("sums over all shards by the requested dimensions", async () => {
    const { keyId, usage } = await withExecutions();
    const all = (await usage("")).json.data;
    expect(all).toEqual([expect.objectContaining({ executions: 3, errors: 0 })]);
    expect(all[0]?.["total_tokens"]).toBe(Number(all[0]?.["prompt_tokens"]) + Number(all[0]?.["completion_tokens"]));
    const by = async (group: string, ...shown: string[]) =>
      (await usage(`?group_by=${group}`)).json.data.map((row) => [
        ...shown.map((name) => row[name]),
        row["executions"],
      ]);
    expect(await by("prompt,provider", "prompt", "provider")).toEqual([
      ["a", "openai", 2],
      ["b", "anthropic", 1],
    ]);
    expect(await by("user", "user")).toEqual([
      ["u1", 1],
      [null, 2],
    ]);
    expect(await by("key", "key")).toEqual([[keyId, 3]]);
    const today = new Date().toISOString();
    expect((await by("day", "day"))[0]?.[0]).toBe(today.slice(0, 10));
    expect((await by("hour", "hour"))[0]?.[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00Z$/);
  });

  it("includes `from` and excludes `to`", async () => {
    const { usage } = await withExecutions();
    const empty = await usage("?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z");
    expect(empty.json.data).toEqual([expect.objectContaining({ executions: 0, cost_usd: 0 })]);
  });

  it.each([
    ["?group_by=model,password", "group_by"],
    ["?from=yesterday", "from"],
    ["?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
    ["?from=2020-01-01T00:00:00Z", "from"],
  ])("refuses %s and names the field", async (query, path) => {
    const { key } = await newTenant();
    const reply = await call("GET", `/v1/usage${query}`, { key });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
  });
});
