import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";

interface Executed {
  id: string;
  output: string;
  cost_usd: number;
  saved_usd?: number;
  cached: false | string;
  usage: { total_tokens: number };
  prompt: { version: number };
}
const CACHED = "settings: {cache_responses: true}\n";
let uniqueCount = 0;

async function withPrompt(more = CACHED) {
  const tenant = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key: tenant.key, yaml: yamlPrompt("greet", more) });
  const execute = async (json: Record<string, unknown> = {}, headers: Record<string, string> = {}, key = tenant.key) =>
    call<Executed>("POST", "/v1/executions", {
      key,
      json: { prompt: "greet", variables: { who: "Ada" }, ...json },
      headers,
    });
  return { ...tenant, execute };
}

/** Variables that no earlier execution used. */
const newVariables = () => ({ variables: { who: `nobody ${++uniqueCount}` } });

async function profile(settings: object): Promise<void> {
  const reply = await fetch(`${env.MOCK_URL}/__mock/profile`, { method: "PUT", body: JSON.stringify(settings) });
  expect(reply.status).toBe(200);
  await reply.arrayBuffer();
}

async function providerCalls(): Promise<number> {
  return (await (await fetch(`${env.MOCK_URL}/__mock/stats`)).json<{ total: number }>()).total;
}

describe("stored answers", () => {
  it("cost nothing, report what they saved, and come whole or streamed", async () => {
    const { execute, key } = await withPrompt();
    const first = await execute();
    const again = await execute();
    expect([first.headers.get("x-pbt-cache"), again.headers.get("x-pbt-cache")]).toEqual(["miss", "hit; memory"]);
    expect(again.headers.get("age")).toMatch(/^\d+$/);
    expect(again.headers.get("x-pbt-cost-usd")).toBe("0");
    const { output, usage } = first.json;
    expect(again.json).toMatchObject({ output, usage, cost_usd: 0, saved_usd: first.json.cost_usd, cached: "memory" });
    expect(again.json).toMatchObject({ attempts: 0 });
    const stream = await execute({ stream: true });
    expect(stream.headers.get("x-pbt-cache")).toBe("hit; memory");
    expect(stream.text).toMatch(/^event: start\n.*\n\nevent: delta\n/);
    expect(stream.text).toContain(`"cached":"memory"`);
    const read = await call("GET", `/v1/executions/${again.json.id}`, { key });
    expect(read.json).toMatchObject({ cached: "memory", cost_usd: 0, saved_usd: first.json.cost_usd });
  });

  it("are also made from streams", async () => {
    const { execute } = await withPrompt();
    await execute({ stream: true });
    expect((await execute()).json.cached).toBe("memory");
  });

  it.each<[string, string, Record<string, unknown>, Record<string, string>, string]>([
    ["a prompt without a cache setting", "", {}, {}, "bypass"],
    ["temperature 0", "", { parameters: { temperature: 0 } }, {}, "hit; memory"],
    ["cache: false at temperature 0", "", { parameters: { temperature: 0 }, cache: false }, {}, "bypass"],
    ["cache: false", CACHED, { cache: false }, {}, "bypass"],
    ["no-store", CACHED, {}, { "cache-control": "no-store" }, "bypass"],
    ["no-cache", CACHED, {}, { "cache-control": "no-cache" }, "miss"],
    ["max-age=0", CACHED, {}, { "cache-control": "max-age=0" }, "miss"],
    ["max-age=60", CACHED, {}, { "cache-control": "max-age=60" }, "hit; memory"],
    ["only-if-cached", CACHED, {}, { "cache-control": "only-if-cached" }, "hit; memory"],
  ])("are used only as %s allows", async (_case, more, json, headers, second) => {
    const { execute } = await withPrompt(more);
    await execute(json);
    expect((await execute(json, headers)).headers.get("x-pbt-cache")).toBe(second);
  });

  it("are all that only-if-cached accepts: without one it answers 504 and records no execution", async () => {
    const { execute, key } = await withPrompt();
    const reply = await execute(newVariables(), { "cache-control": "only-if-cached" });
    expect([reply.status, reply.headers.get("content-type")]).toEqual([504, "application/problem+json"]);
    expect((await call("GET", "/v1/executions", { key })).json).toMatchObject({ data: [] });
  });

  it("are never errors or truncated answers", async () => {
    const { execute } = await withPrompt();
    const failing = { variables: { who: `[[mock:{"status":400}]] ${++uniqueCount}` } };
    for (let times = 0; times < 2; times++) expect((await execute(failing)).status).toBe(502);
    const cut = { ...newVariables(), parameters: { max_tokens: 1 } };
    await execute(cut);
    expect((await execute(cut)).json.cached).toBe(false);
  });

  it("are not shared between tenants", async () => {
    const [mine, other] = [await withPrompt(), await withPrompt()];
    await mine.execute();
    expect((await other.execute()).json.cached).toBe(false);
  });

  it("belong to one version: a new version has none, and the old version keeps its own", async () => {
    const { execute, key } = await withPrompt();
    await execute();
    const yaml = yamlPrompt("greet", `${CACHED}description: second\n`);
    await call("PUT", "/v1/prompts/greet", { key, yaml });
    const second = await execute();
    expect(second.json).toMatchObject({ cached: false, prompt: { version: 2 } });
    expect((await execute({ version: 1 })).json).toMatchObject({ cached: "memory", prompt: { version: 1 } });
  });

  it("are dropped when their own tenant purges the prompt", async () => {
    const { execute, key } = await withPrompt();
    await execute();
    expect((await call("DELETE", "/v1/cache?prompt=greet", { key })).status).toBe(204);
    expect((await execute()).json.cached).toBe(false);
    expect((await execute()).json.cached).toBe("memory");
    expect((await call("DELETE", "/v1/cache", { key })).status).toBe(422);
    const other = await newTenant();
    expect((await call("DELETE", "/v1/cache?prompt=greet", { key: other.key })).status).toBe(404);
    expect((await execute()).json.cached).toBe("memory");
  });

  it("are served stale while the provider fails, where the prompt allows it", async () => {
    const { execute } = await withPrompt("settings: {cache_responses: true, stale_if_error: 60}\n");
    const model = "gpt-4.1-mini";
    const question = { ...newVariables(), model };
    await execute(question);
    await profile({ models: { [model]: { status: 503 } } });
    const stale = await execute(question, { "cache-control": "max-age=0" });
    const unknown = await execute({ ...newVariables(), model });
    await profile({});
    expect([stale.status, stale.headers.get("x-pbt-cache"), unknown.status]).toEqual([200, "hit; memory; stale", 503]);
  });

  it("are counted in usage by tier, with the tokens and the money that they saved", async () => {
    const { execute, key } = await withPrompt();
    const first = await execute();
    await execute();
    await execute();
    await expect
      .poll(async () => (await call<{ data: object[] }>("GET", "/v1/usage?group_by=prompt", { key })).json.data)
      .toEqual([
        expect.objectContaining({
          prompt: "greet",
          executions: 3,
          errors: 0,
          total_tokens: first.json.usage.total_tokens,
          cost_usd: first.json.cost_usd,
          saved_usd: expect.closeTo(2 * first.json.cost_usd, 9),
          cache: {
            hits: { memory: 2, edge: 0, kv: 0, flight: 0 },
            saved_tokens: 2 * first.json.usage.total_tokens,
          },
        }),
      ]);
  });
});

describe("a single flight", () => {
  let before: number;
  beforeAll(async () => {
    before = await providerCalls();
  });

  it("makes one call for identical simultaneous requests, whole and streamed, and charges one of them", async () => {
    const { execute } = await withPrompt();
    const slow = { variables: { who: `[[mock:{"delay_ms":300}]] all ${++uniqueCount}` } };
    const replies = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => execute({ ...slow, stream: index % 2 === 0 })),
    );
    expect((await providerCalls()) - before).toBe(1);
    const cacheHeaders = replies.map((reply) => String(reply.headers.get("x-pbt-cache"))).toSorted();
    expect(cacheHeaders).toEqual([...Array<string>(39).fill("hit; flight"), "miss"]);
    const texts = replies.map((reply, index) => (index % 2 === 0 ? deltasOf(reply.text) : reply.json.output));
    expect(new Set(texts).size).toBe(1);
    const paid = replies.filter((reply, index) => index % 2 === 1 && reply.json.cost_usd > 0);
    expect(paid.length).toBeLessThanOrEqual(1);
  });
});

describe("cached pointers and keys", () => {
  it("report the pointer's age, and a publisher reads its own write", async () => {
    const { execute, key } = await withPrompt();
    const reply = await execute();
    expect(Number(reply.headers.get("x-pbt-pointer-age"))).toBeLessThan(30);
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", "description: two\n") });
    await call("PUT", "/v1/prompts/greet/labels/production", { key, json: { version: 1 } });
    expect((await execute()).json.prompt).toMatchObject({ version: 1, label: "production" });
    await call("PUT", "/v1/prompts/greet/labels/production", { key, json: { version: 2 } });
    expect((await execute()).json.prompt).toMatchObject({ version: 2 });
  });

  it("stop working at once when they are deleted or revoked", async () => {
    const { execute, key } = await withPrompt();
    const doomed = await newKey(key, ["executions:write"]);
    expect((await execute({}, {}, doomed.key)).status).toBe(200);
    await call("DELETE", `/v1/keys/${doomed.id}`, { key });
    expect((await execute({}, {}, doomed.key)).status).toBe(401);
    await call("DELETE", "/v1/prompts/greet", { key });
    expect((await execute()).status).toBe(404);
  });
});

function deltasOf(text: string): string {
  return [...text.matchAll(/event: delta\ndata: (.*)\n/g)]
    .map((match) => (JSON.parse(match[1] ?? "{}") as { text: string }).text)
    .join("");
}
