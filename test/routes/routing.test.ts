import { describe, expect, it } from "vitest";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface Executed {
  id: string;
  output: string;
  model: string;
  attempts: number;
  cost_usd: number;
  prompt: { version: number; label: string };
  routing?: { choice: string; score: number; reasons: string[] };
}

async function withPrompt(yaml: string) {
  const { key } = await newTenant();
  const put = await call<{ warnings: string[] }>("PUT", "/v1/prompts/greet", { key, yaml });
  expect(put.status).toBe(201);
  const execute = async <T = Executed>(json: Record<string, unknown> = {}) =>
    call<T>("POST", "/v1/executions", { key, json: { prompt: "greet", variables: { who: "Ada" }, ...json } });
  return { key, execute, warnings: put.json.warnings };
}

const autoPrompt = (more = "") => yamlPrompt("greet", more).replace("gpt-4o-mini", "auto");
const LONG = "a person with a long name, ".repeat(200);

describe("the model auto", () => {
  it("stands for the cheap model or, for complex prompts, the strong model, and gives the reasons", async () => {
    const { execute } = await withPrompt(yamlPrompt("greet"));
    const short = await execute({ model: "auto" });
    expect(short.json).toMatchObject({ model: "gpt-6-luna", attempts: 1, routing: { choice: "cheap", score: 2 } });
    const long = await execute({ model: "auto", variables: { who: LONG } });
    expect(long.json).toMatchObject({ model: "gpt-6-luna", routing: { choice: "cheap", score: 17 } });
    expect(long.json.routing?.reasons[0]).toMatch(/^about \d+ prompt tokens: \+15$/);
    const declared = await withPrompt(yamlPrompt("greet", "metadata: {complexity: high}\n"));
    const hard = await declared.execute({ model: "auto", variables: { who: LONG } });
    expect(hard.json).toMatchObject({ model: "gpt-6-sol", routing: { choice: "strong", score: 67 } });
    expect(hard.json.cost_usd).toBeGreaterThan(long.json.cost_usd);
  });

  it("may be named in the prompt, and its decision is recorded and comes at the end of a stream", async () => {
    const { key, execute, warnings } = await withPrompt(autoPrompt("metadata: {complexity: high}\n"));
    expect(warnings).toEqual([]);
    const { json } = await execute();
    const routing = { choice: "strong", score: 52 };
    expect(json).toMatchObject({ model: "gpt-6-sol", routing });
    const read = await call<Executed>("GET", `/v1/executions/${json.id}`, { key });
    expect(read.json.routing).toEqual(json.routing);
    const streamed = await execute({ stream: true });
    const done = /event: done\ndata: (.*)/.exec(streamed.text)?.[1] ?? "{}";
    expect((JSON.parse(done) as Executed).routing).toEqual(json.routing);
  });

  it("is the only one with a routing decision in the reply", async () => {
    const { execute } = await withPrompt(yamlPrompt("greet"));
    expect((await execute()).json).not.toHaveProperty("routing");
  });

  it("falls back to the next provider of the tier, then to the other tier", async () => {
    const { execute } = await withPrompt(yamlPrompt("greet"));
    const failing = (who: string) => ({ model: "auto", variables: { who: `${who} [[mock:{"status":529}]]` } });
    const failed = await execute<{ code: string }>(failing("nobody"));
    // Each of the four models once, and then the first one again.
    expect([failed.status, failed.headers.get("x-pbt-attempts")]).toEqual([503, "5"]);
  });

  it("stands for the strong model once the cheap model's answers are rated poor", async () => {
    const { key, execute } = await withPrompt(autoPrompt());
    for (let at = 0; at < 5; at += 1) {
      const { json } = await execute({ variables: { who: `Ada ${at}` }, model: "gpt-6-luna" });
      const rated = await call("POST", `/v1/executions/${json.id}/feedback`, { key, json: { score: 0.2 } });
      expect(rated.status).toBe(200);
    }
    expect((await execute()).json.routing?.choice).toBe("cheap");
    await expect.poll(async () => (await execute()).json.routing?.choice).toBe("strong");
    expect((await execute()).json).toMatchObject({ model: "gpt-6-sol", routing: { score: 52 } });
  });

  it("warns the author of an unknown complexity", async () => {
    const { warnings } = await withPrompt(autoPrompt("complexity: hard\n"));
    expect(warnings).toEqual([expect.stringContaining('complexity "hard" has no effect')]);
  });
});

describe("the models of a request", () => {
  it("are tried in their order and may include auto", async () => {
    const { execute } = await withPrompt(yamlPrompt("greet"));
    expect((await execute({ models: ["claude-haiku-4-5", "gpt-4o"] })).json.model).toBe("claude-haiku-4-5");
    expect((await execute({ models: ["auto", "gpt-4o"] })).json).toMatchObject({ routing: { choice: "cheap" } });
  });

  it.each([
    [{ model: "gpt-4o", models: ["gpt-4o"] }, "models"],
    [{ models: [] }, "models"],
    [{ models: ["gpt-4o", "llama"] }, "models.1"],
    [{ models: Array.from({ length: 9 }, () => "gpt-4o") }, "models"],
    [{ models: [""] }, "models.0"],
    [{ models: "gpt-4o" }, "models"],
  ])("are refused with the field at fault: %j", async (models, path) => {
    const { execute } = await withPrompt(yamlPrompt("greet"));
    const reply = await execute<{ code: string; errors: { path: string }[] }>(models);
    expect(reply.status).toBe(422);
    expect(reply.json.errors.map((error) => error.path)).toEqual([path]);
  });
});

describe("a split label", () => {
  it("gives a user always the same version, and records the version that was served", async () => {
    const { key, execute } = await withPrompt(yamlPrompt("greet").replace("Say hello", "Version 1 greets"));
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet").replace("Say hello", "Version 2 greets") });
    const split = [1, 2].map((version) => ({ version, weight: 1 }));
    await call("PUT", "/v1/prompts/greet/labels/production", { key, json: { split } });
    const seen = new Set<number>();
    for (let at = 0; at < 12; at += 1) {
      const first = await execute({ user: `user-${at}` });
      const second = await execute({ user: `user-${at}` });
      const { version } = first.json.prompt;
      seen.add(version);
      expect(second.json.prompt).toEqual({ name: "greet", version, label: "production" });
      expect(first.headers.get("x-pbt-prompt-version")).toBe(String(version));
      expect(first.json.output).toContain(`Version ${version} greets`);
      const read = await call<Executed>("GET", `/v1/executions/${first.json.id}`, { key });
      expect(read.json).toMatchObject({ output: first.json.output, prompt: first.json.prompt });
    }
    expect(seen).toEqual(new Set([1, 2]));
  });
});
