import { describe, expect, it } from "vitest";
import { call, newTenant, yamlPrompt } from "../support/api.ts";
import { eventsOf } from "../support/events.ts";

interface Executed {
  id: string;
  status: string;
  output: string;
  output_json?: unknown;
  provider: string;
  model: string;
  cost_usd: number;
  attempts: number;
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  prompt: { name: string; version: number; label: string };
}

async function withPrompt(yaml = yamlPrompt("greet")) {
  const { key } = await newTenant();
  const put = await call("PUT", "/v1/prompts/greet", { key, yaml });
  expect(put.status).toBe(201);
  const execute = async <T = Executed>(json: Record<string, unknown> = {}) =>
    call<T>("POST", "/v1/executions", { key, json: { prompt: "greet", variables: { who: "Ada" }, ...json } });
  return { key, execute };
}

describe("the execution routes", () => {
  it.each([
    ["gpt-4o-mini", "openai"],
    ["claude-haiku-4-5", "anthropic"],
  ])("execute on %s, and read the execution back with its cost", async (model, provider) => {
    const { key, execute } = await withPrompt();
    const reply = await execute({ model, user: "u1", metadata: { run: 7 } });
    expect(reply.status).toBe(200);
    const { usage } = reply.json;
    expect(reply.json).toMatchObject({ status: "succeeded", provider, model, attempts: 1, cached: false });
    expect(reply.json.output).toContain("Say hello to Ada.");
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(reply.json.cost_usd).toBeGreaterThan(0);
    expect(reply.headers.get("x-pbt-execution-id")).toBe(reply.json.id);
    expect(reply.headers.get("x-pbt-cost-usd")).toBe(String(reply.json.cost_usd));
    expect(reply.headers.get("server-timing")).toMatch(/^auth;dur=.*load;dur=.*render;dur=.*llm;dur=/);
    const read = await call("GET", `/v1/executions/${reply.json.id}`, { key });
    expect(read.json).toMatchObject({ ...reply.json, user: "u1", metadata: { run: 7 }, error: null });
  });

  it.each(["gpt-4o-mini", "claude-haiku-4-5"])("stream %s as a start, the text in deltas, and done", async (model) => {
    const { key, execute } = await withPrompt();
    const whole = await execute({ model });
    const reply = await execute({ model, stream: true });
    expect(reply.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const parts = eventsOf(reply.text);
    expect(parts[0]).toEqual(["start", expect.objectContaining({ model, prompt: whole.json.prompt })]);
    const text = parts.flatMap(([name, data]) => (name === "delta" ? [data["text"]] : [])).join("");
    expect(text).toBe(whole.json.output);
    const [name, done] = parts.at(-1) ?? [];
    expect(name).toBe("done");
    expect(done).toMatchObject({ status: "succeeded", usage: whole.json.usage, cost_usd: whole.json.cost_usd });
    expect(done).not.toHaveProperty("output");
    const read = await call<Executed>("GET", `/v1/executions/${String(done?.["id"])}`, { key });
    expect(read.json.output).toBe(text);
  });

  it("execute a prompt that is named in the path", async () => {
    const { key } = await withPrompt();
    const json = { variables: { who: "Ada" }, version: 1 };
    const reply = await call<Executed>("POST", "/v1/prompts/greet/execute", { key, json });
    expect(reply.json.prompt).toEqual({ name: "greet", version: 1, label: null });
  });

  it("refuse a missing variable by name before any token is spent", async () => {
    const { execute } = await withPrompt();
    const reply = await execute<{ errors: { path: string }[] }>({ variables: {} });
    expect([reply.status, reply.json.errors]).toEqual([422, [{ path: "variables.who", message: "is required" }]]);
    expect(reply.headers.get("x-pbt-execution-id")).toBeNull();
  });

  it("check the answer against the output_schema and return it parsed", async () => {
    const schema = "output_schema: {type: object, required: [mood], properties: {mood: {type: string}}}\n";
    const { execute } = await withPrompt(yamlPrompt("greet", schema));
    const reply = await execute();
    expect(reply.json.output_json).toEqual({ mood: expect.any(String) });
    const misfit = await execute<{ code: string }>({ variables: { who: '[[mock:{"answer":"not json"}]]' } });
    expect([misfit.status, misfit.json.code]).toEqual([502, "provider_error"]);
  });

  it("fall back to the next model, try both models once more, and count every call", async () => {
    const models = yamlPrompt("greet").replace("model: gpt-4o-mini", "models: [gpt-4o-mini, claude-haiku-4-5]");
    const { execute } = await withPrompt(models);
    const fail = '[[mock:{"status":529}]]';
    const failed = await execute<{ code: string }>({ variables: { who: fail } });
    expect([failed.status, failed.json.code]).toEqual([503, "provider_overloaded"]);
    expect(failed.headers.get("x-pbt-attempts")).toBe("4");
  });

  it("record a failed execution with its error", async () => {
    const { key, execute } = await withPrompt();
    const reply = await execute({ variables: { who: '[[mock:{"status":429,"retry_after":"7"}]]' } });
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "7"]);
    const id = reply.headers.get("x-pbt-execution-id");
    const read = await call("GET", `/v1/executions/${id}`, { key });
    expect(read.json).toMatchObject({
      status: "failed",
      error: { code: "rate_limit_error" },
      attempts: 1,
      cost_usd: 0,
    });
  });

  it("end a broken stream with a typed error event, and record the tokens read so far", async () => {
    const { key, execute } = await withPrompt();
    const reply = await execute({ stream: true, variables: { who: '[[mock:{"fault":"truncate"}]]' } });
    const [name, problem] = eventsOf(reply.text).at(-1) ?? [];
    expect([name, problem?.["code"]]).toEqual(["error", "provider_error"]);
    const read = await call("GET", `/v1/executions/${String(problem?.["execution_id"])}`, { key });
    expect(read.json).toMatchObject({ status: "failed", usage: { estimated: true } });
  });

  it("answer a stream that fails before its first byte with an ordinary problem", async () => {
    const { execute } = await withPrompt();
    const reply = await execute<{ code: string }>({ stream: true, variables: { who: '[[mock:{"status":500}]]' } });
    expect([reply.status, reply.json.code]).toEqual([502, "provider_error"]);
  });

  it("answer 504 when timeout_ms has passed", async () => {
    const { execute } = await withPrompt();
    const hang = '[[mock:{"fault":"hang_before_headers"}]]';
    const reply = await execute<{ code: string }>({ timeout_ms: 50, variables: { who: hang } });
    expect([reply.status, reply.json.code]).toEqual([504, "timeout"]);
  });

  it("execute with a tenant's own provider key", async () => {
    const { key, execute } = await withPrompt();
    await call("PUT", "/v1/providers/openai/keys/own", { key, json: { api_key: "sk-own-key-12345678" } });
    expect((await execute()).status).toBe(200);
  });

  it("list executions by prompt and status, and take feedback", async () => {
    const { key, execute } = await withPrompt();
    const ids = [];
    for (let index = 0; index < 3; index++) ids.unshift((await execute()).json.id);
    await call("GET", `/v1/executions/${ids[0]}`, { key });
    const page = await call<{ data: Executed[] }>("GET", "/v1/executions?prompt=greet&status=succeeded", { key });
    expect(page.json.data.map((row) => row.id).sort()).toEqual(ids.toSorted());
    const rated = await call("POST", `/v1/executions/${ids[0]}/feedback`, {
      key,
      json: { score: 0.5, comment: "meh" },
    });
    expect(rated.status).toBe(200);
    const read = await call("GET", `/v1/executions/${ids[0]}`, { key });
    expect(read.json).toMatchObject({ feedback: { score: 0.5, comment: "meh" } });
  });

  it("list executions by model and key", async () => {
    const { key, execute } = await withPrompt();
    const { id } = (await execute({ model: "gpt-4o" })).json;
    const other = (await execute({ model: "gpt-4o-mini" })).json.id;
    for (const each of [id, other]) await call("GET", `/v1/executions/${each}`, { key });
    const list = async (query: string) =>
      (await call<{ data: Executed[] }>("GET", `/v1/executions?${query}`, { key })).json.data.map((row) => row.id);
    expect(await list("model=gpt-4o")).toEqual([id]);
    const keys = (await call<{ data: { id: string }[] }>("GET", "/v1/keys", { key })).json.data;
    expect((await list(`key=${keys[0]?.id ?? ""}`)).toSorted()).toEqual([id, other].toSorted());
    expect(await list("key=key_of_nobody")).toEqual([]);
  });

  it.each([
    ["an unknown model", { model: "llama-9" }, "model"],
    ["both version and label", { version: 1, label: "latest" }, "label"],
    ["an asynchronous stream", { async: true, stream: true }, "stream"],
    ["an unknown parameter", { parameters: { heat: 1 } }, "parameters.heat"],
    ["a temperature out of range", { parameters: { temperature: 9 } }, "parameters.temperature"],
  ])("refuse %s and name the field", async (_case, json, path) => {
    const { execute } = await withPrompt();
    const reply = await execute<{ errors: { path: string }[] }>(json);
    expect([reply.status, reply.json.errors[0]?.path]).toEqual([422, path]);
  });
});
