import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { TestsWakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { createShards } from "../../src/storage/shards.ts";
import { call, newKey, newTenant } from "../support/api.ts";
import { type RunView, SAY, says, tenantWithPrompt } from "../support/test-runs.ts";

const EXAMPLES = import.meta.glob<string>("../../examples/*.prompt.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});

describe("the tests of a prompt", () => {
  it("run against its version, within the request, and are read again as they ended", async () => {
    const { key, run, read } = await tenantWithPrompt();
    const tests = [
      { name: "good", variables: says("yes"), assertions: [{ type: "equals", value: "yes" }] },
      { name: "bad", variables: says("no"), assertions: [{ type: "equals", value: "yes" }] },
    ];
    const reply = await run({ tests });
    expect([reply.status, reply.headers.get("location")]).toEqual([200, `/v1/test-runs/${reply.json.id}`]);
    expect(reply.json).toMatchObject({
      status: "completed",
      prompt: { name: "say", version: 1 },
      total: 2,
      passed: 1,
      failed: 1,
      pass_rate: 0.5,
      pass_hat_k: [0.5],
      results: [
        { test: "good", model: null, passed: true, output: "yes", error: null },
        {
          test: "bad",
          passed: false,
          checks: [{ kind: "equals", passed: false, detail: "expected equals “yes”; saw “no”" }],
        },
      ],
    });
    expect(await read(reply.json.id)).toEqual(reply.json);
    const junit = await call("GET", `/v1/test-runs/${reply.json.id}/junit.xml`, { key });
    expect(junit.headers.get("content-type")).toBe("application/xml; charset=utf-8");
    expect(junit.text).toContain('<testcase classname="say#1" name="bad"');
    expect(junit.text).toContain('failures="1"');
  });

  it("are executions of the tenant: recorded, priced, and told apart by their metadata", async () => {
    const { key, keyId, run } = await tenantWithPrompt();
    const { json } = await run({ tests: [{ name: "one", variables: says("yes") }] });
    const { status, json: execution } = await call("GET", `/v1/executions/${json.results[0]?.execution_id}`, { key });
    expect([status, execution]).toMatchObject([
      200,
      { prompt: { name: "say", version: 1 }, metadata: { test_run: json.id, test: "one" }, status: "succeeded" },
    ]);
    expect(execution["cost_usd"]).toBe(json.cost_usd);
    expect(json.cost_usd).toBeGreaterThan(0);
    const usage = await call<{ data: { executions: number }[] }>("GET", `/v1/usage?group_by=key`, { key });
    expect(JSON.stringify(usage.json)).toContain(keyId);
  });

  it("stop at the budget of their prompt", async () => {
    const { key, run } = await tenantWithPrompt();
    await call("PUT", "/v1/budgets/prompt:say", { key, json: { daily_usd: 0.000_001 } });
    const { json } = await run({ tests: [{ name: "dear", variables: says("yes") }] });
    expect(json).toMatchObject({ status: "completed", failed: 1, cost_usd: 0 });
    expect(json.results[0]?.error?.code).toBe("budget_exceeded");
  });

  it("are tried by each model as often as asked", async () => {
    const { run } = await tenantWithPrompt();
    const tests = [{ name: "t", variables: says("yes"), assertions: [{ type: "starts_with", value: "y" }] }];
    const { json } = await run({ tests, models: ["gpt-4o-mini", "claude-haiku-4-5"], repeat: 3, concurrency: 2 });
    expect(json).toMatchObject({ total: 2, passed: 2, pass_rate: 1, pass_hat_k: [1, 1, 1] });
    expect(json.results.map(({ model, repeats }) => [model, repeats])).toEqual([
      ["gpt-4o-mini", 3],
      ["claude-haiku-4-5", 3],
    ]);
    expect(json.interval[0]).toBeGreaterThan(0.5);
  });

  it("are those of the file where none are given, of the version or label that is named", async () => {
    const tests = `tests: [{name: mine, inputs: {text: hello}, assertions: [{type: contains, value: hello}]}]\n`;
    const { key, run } = await tenantWithPrompt(tests);
    await call("PUT", "/v1/prompts/say", { key, yaml: SAY(tests.replace("value: hello", "value: goodbye")) });
    expect((await run()).json).toMatchObject({ prompt: { version: 2 }, failed: 1 });
    expect((await run({ version: 1 })).json).toMatchObject({ prompt: { version: 1 }, passed: 1 });
    await call("PUT", "/v1/prompts/say/labels/production", { key, json: { version: 1 } });
    expect((await run({ label: "production" })).json).toMatchObject({ prompt: { version: 1 }, passed: 1 });
    expect((await run({ label: "none" })).status).toBe(404);
  });

  it("name every fault of what is asked", async () => {
    const { run } = await tenantWithPrompt();
    const faultsOf = async (json: object) => {
      const reply = await run(json);
      return [reply.status, ...(reply.json.errors ?? []).map(({ path }) => path)];
    };
    expect(await faultsOf({})).toEqual([422, "tests"]);
    expect(await faultsOf({ repeat: 21 })).toEqual([422, "repeat"]);
    const tests = Array.from({ length: 60 }, (_, at) => ({ name: `t${at}` }));
    expect(await faultsOf({ tests, repeat: 20 })).toEqual([422, "tests"]);
    const faulty = { name: "t", assertions: [{ type: "regex", value: "(?=a)" }] };
    expect(await faultsOf({ tests: [faulty] })).toEqual([422, "tests.0.assertions.0.value"]);
    expect(await faultsOf({ version: 1, label: "x", tests })).toEqual([422, "label"]);
    // Wrong variables are the case's fault, found when it is tried.
    expect((await run({ tests: [{ name: "none" }] })).json.results[0]?.error?.code).toBe("validation_error");
  });

  it("of more trials than a request makes are answered 202, run by the queue, and told of", async () => {
    const { id: tenant_id, key, run, read } = await tenantWithPrompt();
    const hook = { url: "https://hooks.example.com/x", events: ["test_run.completed"] };
    const put = await call<{ warnings: string[] }>("PUT", "/v1/webhooks/ci", { key, json: hook });
    expect(put.json.warnings).toEqual([]);
    const tests = Array.from({ length: 30 }, (_, at) => ({ name: `t${at}`, variables: says("yes") }));
    const { status, json } = await run({ tests, repeat: 2 });
    expect([status, json.status, json.results, json.ended_at]).toEqual([202, "running", [], null]);
    const body: TestsWakeUp = { type: "tests", tenant_id, run_id: json.id };
    const messages = [{ id: "1", timestamp: new Date(), attempts: 1, body }];
    const batch = createMessageBatch<TestsWakeUp>("pbt-edge-executions-standard", messages);
    const context = createExecutionContext();
    await worker.queue(batch, env);
    expect((await getQueueResult(batch, context)).explicitAcks).toEqual(["1"]);
    expect(await read(json.id)).toMatchObject({ status: "completed", total: 30, passed: 30, pass_rate: 1 });
    const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
    const { $client } = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 }).of(tenant_id);
    const query = $client.prepare("select body from webhook_deliveries where tenant_id = ?").bind(tenant_id);
    const event = JSON.parse((await query.first<{ body: string }>())?.body ?? "") as object;
    expect(event).toMatchObject({ type: "test_run.completed", data: { id: json.id, prompt: "say", passed: 30 } });
  });

  it("are cancelled, and read with the scope of executions", async () => {
    const { key, run, read } = await tenantWithPrompt();
    const tests = Array.from({ length: 51 }, (_, at) => ({ name: `t${at}`, variables: says("yes") }));
    const { id } = (await run({ tests })).json;
    const reader = await newKey(key, ["executions:read"]);
    const cancel = `/v1/test-runs/${id}/cancel`;
    expect((await call("POST", cancel, { key: reader.key })).status).toBe(403);
    const { status, json } = await call<RunView>("POST", cancel, { key });
    expect([status, json.status]).toEqual([200, "cancelled"]);
    expect((await call<RunView>("GET", `/v1/test-runs/${id}`, { key: reader.key })).json).toEqual(await read(id));
    expect((await call("DELETE", `/v1/test-runs/${id}`, { key })).status).toBe(405);
  });

  it("of every example run by the API, with JUnit", async () => {
    const { key } = await newTenant();
    const outcomes: Record<string, boolean[]> = {};
    for (const [file, yaml] of Object.entries(EXAMPLES)) {
      const name = file.split("/").at(-1)?.split(".")[0] ?? "";
      await call("PUT", `/v1/prompts/${name}`, { key, yaml });
      const { status, json } = await call<RunView>("POST", `/v1/prompts/${name}/tests/run`, { key, json: {} });
      expect([name, status, json.status, json.results.map(({ error }) => error)]).toEqual([
        name,
        200,
        "completed",
        json.results.map(() => null),
      ]);
      const junit = await call("GET", `/v1/test-runs/${json.id}/junit.xml`, { key });
      expect(junit.text.match(/<testcase /g)?.length).toBe(json.total);
      outcomes[name] = json.results.map(({ passed }) => passed);
    }
    // The mock repeats what it was asked, and knows no French, no invoices and no teams.
    expect(outcomes).toEqual({
      "code-review": [true],
      "extract-invoice": [false],
      summarizer: [true],
      "support-reply": [true, true],
      "ticket-triage": [false],
      translate: [false],
    });
  });
});
