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
    ["?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z&group_by=hour", "from"],
    ["?to=2020-01-02T00:00:00Z&group_by=user", "to"],
  ])("refuses %s and names the field", async (query, path) => {
    const { key } = await newTenant();
    const reply = await call("GET", `/v1/usage${query}`, { key });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
  });
});

describe("usage by every dimension", () => {
  it("is filtered by dimensions, ordered by a sum and cut, and names a value that is none", async () => {
    const { keyId, usage } = await withExecutions();
    const rows = async (query: string) =>
      (await usage(`?${query}`)).json.data.map((row) => [row["prompt"], row["executions"]]);
    expect(await rows(`group_by=prompt&order=-executions&limit=1&key=${keyId}`)).toEqual([["a", 2]]);
    expect(await rows("group_by=prompt&order=executions")).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
    expect(await rows("prompt=a&version=1&user=u1")).toEqual([[undefined, 1]]);
    expect(await rows("group_by=prompt&provider=anthropic")).toEqual([["b", 1]]);
    expect(await rows("group_by=prompt&lane=high")).toEqual([]);
    for (const query of ["order=cost", "limit=0", "limit=10001", "version=x", "lane=slow", "prompt=A%20b"]) {
      const { status, json } = await usage(`?${query}`);
      expect([status, json]).toEqual([
        422,
        expect.objectContaining({ errors: [expect.objectContaining({ path: query.split("=")[0] })] }),
      ]);
    }
  });

  it("counts an execution once for each tag of its prompt, and by version, label and lane", async () => {
    const { key } = await newTenant();
    const yaml = "name: tagged\ntags: [x, y]\ntemplate: Say {{ who }}.\nvariables: {who: {type: string}}\n";
    await call("PUT", "/v1/prompts/tagged", { key, yaml });
    await call("PUT", "/v1/prompts/plain", { key, yaml: yamlPrompt("plain") });
    await call("PUT", "/v1/prompts/tagged/labels/production", { key, json: { version: 1 } });
    const variables = { who: "x" };
    const { id } = (
      await call<{ id: string }>("POST", "/v1/executions", { key, json: { prompt: "tagged", variables } })
    ).json;
    const json = { prompt: "plain", variables, priority: "batch" };
    const other = (await call<{ id: string }>("POST", "/v1/executions", { key, json })).json.id;
    for (const each of [id, other]) await call("GET", `/v1/executions/${each}`, { key });
    const usage = async (group: string) =>
      (await call<Usage>("GET", `/v1/usage?group_by=${group}`, { key })).json.data.map((row) => [
        ...group.split(",").map((name) => row[name]),
        row["executions"],
      ]);
    expect(await usage("tag")).toEqual([
      ["x", 1],
      ["y", 1],
      [null, 1],
    ]);
    expect(await usage("prompt,version,label,lane")).toEqual([
      ["plain", 1, "latest", "batch", 1],
      ["tagged", 1, "production", "standard", 1],
    ]);
  });

  it("answers as CSV, with the quotes that a value needs", async () => {
    const { keyId, usage } = await withExecutions();
    const reply = await usage("?group_by=key,user&format=csv");
    expect(reply.headers.get("content-type")).toMatch(/^text\/csv/);
    const [head, ...rows] = reply.text.trimEnd().split("\r\n");
    expect(head).toBe(
      "key,user,executions,prompt_tokens,completion_tokens,total_tokens,cost_usd,saved_usd,errors," +
        "memory_hits,edge_hits,kv_hits,flight_hits,saved_tokens",
    );
    expect(rows.map((row) => row.split(",").slice(0, 3))).toEqual([
      [keyId, "u1", "1"],
      [keyId, "", "2"],
    ]);
  });

  it("says until when all executions are counted, which is before those that may still run", async () => {
    const { usage } = await withExecutions();
    const { complete_until, from, to } = (await usage("")).json as Usage & Record<string, string>;
    expect(Date.parse(complete_until ?? "")).toBeLessThanOrEqual(Date.now() - 330_000);
    expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBe(30 * 86_400_000);
    const past = await usage("?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z");
    expect(past.json).toMatchObject({ complete_until: "2026-01-02T00:00:00.000Z" });
  });
});
