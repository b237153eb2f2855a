import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call, newTenant } from "../support/api.ts";
import { CLAUDE, MODEL, type OpenAIFault, openDoors, type ResponseBody } from "../support/doors.ts";

describe("OpenAI's stored prompts", () => {
  it("are taken unchanged: by name or alias, with a version, and with what follows them", async () => {
    const { key, ask } = await openDoors();
    const json = { model: MODEL, template: "Greet {{ who }}.", variables: { who: "string" } };
    await call("PUT", "/v1/prompts/greet", { key, json });
    await call("PUT", "/v1/prompts/greet", { key, json: { ...json, template: "Salute {{ who }}." } });
    await call("PUT", "/v1/aliases/pmpt_68f", { key, json: { prompt: "greet", label: "latest" } });
    const variables = { who: { type: "input_text", text: "Ada" } };
    const asked = async (prompt: object, more: object = {}) => {
      const reply = await ask<ResponseBody>("/v1/responses", { prompt: { variables, ...prompt }, ...more });
      expect(reply.json).toMatchObject({ object: "response", status: "completed" });
      const recorded = await call("GET", `/v1/executions/${reply.headers.get("x-pbt-execution-id")}`, { key });
      const shown = await call("POST", "/v1/prompts/greet/render", { key, json: { variables: { who: "Ada" } } });
      expect(shown.status).toBe(200);
      return recorded.json["prompt"];
    };
    expect(await asked({ id: "greet", version: "1" })).toMatchObject({ name: "greet", version: 1 });
    expect(await asked({ id: "pmpt_68f" })).toEqual({ name: "greet", version: 2, label: "latest" });
    expect(await asked({ id: "pmpt_68f" }, { model: CLAUDE, input: "And wave." })).toMatchObject({ version: 2 });
  });

  it("keep the metadata beside their variables", async () => {
    const { key, ask } = await openDoors();
    const json = { model: MODEL, template: "Greet {{ who }}.", variables: { who: "string" } };
    await call("PUT", "/v1/prompts/greet", { key, json });
    const prompt = { id: "greet", version: "1", variables: { who: "Ada" } };
    const metadata = { trace: "t9" };
    expect((await ask("/v1/responses", { prompt, metadata })).json).toMatchObject({ metadata });
    const other = await ask<OpenAIFault>("/v1/responses", { prompt, metadata, model: CLAUDE });
    expect([other.status, other.json.error.param]).toEqual([400, "metadata"]);
  });

  it("are sent each tool once, and the options of the prompt beside the request's", async () => {
    const { id, key, ask } = await openDoors();
    const provider_options = { openai: { truncation: "auto", include: ["reasoning.encrypted_content"] } };
    await call("PUT", "/v1/prompts/greet", {
      key,
      json: { model: MODEL, template: `Hi ${id}`, settings: { provider_options } },
    });
    const tools = [{ type: "function", name: "get_weather", parameters: { type: "object" }, strict: false }];
    const reply = await ask("/v1/responses", { prompt: { id: "greet" }, tools, max_tool_calls: 3 });
    expect(reply.status).toBe(200);
    const { requests } = await (
      await fetch(`${env.MOCK_URL}/__mock/requests`)
    ).json<{ requests: { body: string | null }[] }>();
    const sent = requests.findLast(({ body }) => body?.includes(id));
    expect(JSON.parse(sent?.body ?? "")).toMatchObject({ tools, max_tool_calls: 3, ...provider_options.openai });
  });

  it("are refused by the name of what is wrong with them", async () => {
    const { key, ask } = await openDoors();
    await call("PUT", "/v1/prompts/greet", { key, json: { model: MODEL, template: "Hi" } });
    const fault = async (prompt: object) => (await ask<OpenAIFault>("/v1/responses", { prompt })).json.error;
    expect(await fault({ id: "greet", version: "no version!" })).toMatchObject({ param: "prompt.version" });
    expect(await fault({ id: "No prompt" })).toMatchObject({ param: "prompt.id" });
    expect(await fault({ id: "pmpt_gone" })).toMatchObject({ code: "not_found" });
  });
});

describe("a response that OpenAI keeps", () => {
  it("is read, continued, listed and deleted with the key that made it, out of several", async () => {
    const { id: tenant, key, ask } = await openDoors();
    await call("PUT", "/v1/providers/openai/keys/second", { key, json: { api_key: `sk-second-${tenant}` } });
    for (let round = 0; round < 4; round++) {
      const made = await ask<ResponseBody>("/v1/responses", { model: MODEL, input: `hello ${round}`, store: true });
      expect(made.json.id).toMatch(/^resp_\w+~openai~(main|second)$/);
      const path = `/v1/responses/${made.json.id}`;
      expect((await call<ResponseBody>("GET", path, { key })).json.id).toBe(made.json.id);
      expect((await call("GET", `${path}/input_items`, { key })).status).toBe(200);
      const replayed = await call<OpenAIFault>("GET", `${path}?stream=true`, { key });
      expect([replayed.status, replayed.json.error.param]).toEqual([400, "stream"]);
      const next = { model: MODEL, input: "go on", previous_response_id: made.json.id };
      expect((await ask("/v1/responses", next)).status).toBe(200);
      expect((await call("DELETE", path, { key })).status).toBe(200);
      expect((await call("GET", path, { key })).status).toBe(404);
    }
  });

  it("has an error that says so where its key is gone", async () => {
    const { key, ask } = await openDoors();
    const made = await ask<ResponseBody>("/v1/responses", { model: MODEL, input: "hello" });
    await call("PUT", "/v1/providers/openai/keys/second", { key, json: { api_key: "sk-another-key" } });
    await call("DELETE", "/v1/providers/openai/keys/main", { key });
    const body = { model: MODEL, input: "go on", previous_response_id: made.json.id };
    const reply = await ask<OpenAIFault>("/v1/responses", body);
    expect([reply.status, reply.json.error.param]).toEqual([400, "previous_response_id"]);
    expect(reply.json.error.message).toContain("`main`");
    expect((await call<OpenAIFault>("GET", `/v1/responses/${made.json.id}`, { key })).json.error.message).toContain(
      "`main`",
    );
  });

  it("is out of reach with the deployment's keys, which tenants share", async () => {
    const { key } = await newTenant();
    const ask = async (json: object) => call<ResponseBody & OpenAIFault>("POST", "/v1/responses", { key, json });
    const made = await ask({ model: MODEL, input: "hello" });
    const next = await ask({ model: MODEL, input: "go on", previous_response_id: made.json.id });
    expect([next.status, next.json.error.param]).toEqual([400, "previous_response_id"]);
    expect((await call("GET", `/v1/responses/${made.json.id}`, { key })).status).toBe(404);
    const input = [
      { role: "user", content: "go on" },
      { type: "item_reference", id: "msg_1" },
    ];
    const item = await ask({ model: MODEL, input });
    expect([item.status, item.json.error.param]).toEqual([400, "input[1]"]);
    const file = await ask({
      model: MODEL,
      input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }],
    });
    expect([file.status, file.json.error.param]).toEqual([400, "input"]);
    expect(file.json.error.message).toContain("needs a key of your own");
    const json = { model: MODEL, messages: [{ role: "user", content: [{ type: "file", file: "{{ doc }}" }] }] };
    await call("PUT", "/v1/prompts/read", { key, json: { ...json, variables: { doc: "file" } } });
    const variables = { doc: { file_id: "file-1" } };
    const execute = await call("POST", "/v1/executions", { key, json: { prompt: "read", variables } });
    expect([execute.status, execute.json["errors"]]).toMatchObject([422, [{ path: "messages" }]]);
  });
});
