import { createExecutionContext, createMessageBatch, createScheduledController, getQueueResult } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";

interface Batch {
  id: string;
  status: string;
  counts: Record<string, number>;
  cost_usd: number;
}

let tenant: Awaited<ReturnType<typeof newTenant>>;
const header = () => ({ authorization: `Bearer ${tenant.key}` });

beforeAll(async () => {
  tenant = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key: tenant.key, yaml: yamlPrompt("greet") });
});

const create = async (json: unknown) => call<Batch>("POST", "/v1/batches", { key: tenant.key, json });
const upload = async (query: string, body: BodyInit) =>
  exports.default.fetch(`https://edge.test/v1/batches?${query}`, {
    method: "POST",
    headers: { ...header(), "content-type": "application/x-ndjson" },
    body,
  });
const read = async (id: string) => (await call<Batch>("GET", `/v1/batches/${id}`, { key: tenant.key })).json;

/**
 * Delivers the wake-ups of a batch as its queue does. The queue's own delivery of the same wake-ups
 * may come at any time.
 */
async function wake(id: string, queue = "pbt-edge-executions-batch", groups = 1) {
  const messages = Array.from({ length: groups }, (_, group) => ({
    id: `${id}-${group}`,
    timestamp: new Date(),
    attempts: 1,
    body: { type: "group", tenant_id: tenant.id, batch_id: id, group } satisfies WakeUp,
  }));
  const batch = createMessageBatch<WakeUp>(queue, messages);
  const context = createExecutionContext();
  await worker.queue(batch, env);
  return getQueueResult(batch, context);
}

async function untilEnded(id: string) {
  for (let batch = await read(id); ; batch = await read(id)) {
    if (batch.counts["queued"] === 0 && batch.counts["running"] === 0) return batch;
  }
}

describe("POST /v1/batches", () => {
  it("accepts JSON, runs it on the queue, and streams the results in order", async () => {
    const items = [{ custom_id: "a", variables: { who: "Ada" } }, { variables: { who: "Bob" } }, { variables: {} }];
    const accepted = await create({ prompt: "greet", items });
    expect(accepted.status).toBe(202);
    expect(accepted.json).toMatchObject({ status: "queued", counts: { total: 3, queued: 3 }, cost_usd: 0 });
    expect(accepted.headers.get("location")).toBe(`/v1/batches/${accepted.json.id}`);
    const delivered = await wake(accepted.json.id);
    expect(delivered.explicitAcks).toHaveLength(1);
    expect(await untilEnded(accepted.json.id)).toMatchObject({
      status: "completed",
      counts: { succeeded: 2, failed: 1 },
    });
    const results = await call("GET", `/v1/batches/${accepted.json.id}/results`, { key: tenant.key });
    expect(results.headers.get("content-type")).toContain("application/x-ndjson");
    const lines = results.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { custom_id: "a", index: 0, status: "succeeded", execution: { status: "succeeded" } },
      { custom_id: null, index: 1, status: "succeeded" },
      { index: 2, status: "failed", error: { code: "validation_error" } },
    ]);
    const { id } = (lines[0]?.["execution"] ?? {}) as { id?: string };
    expect((await call("GET", `/v1/executions/${id}`, { key: tenant.key })).json).toMatchObject({ id });
  });

  it("accepts NDJSON with the other fields in the query", async () => {
    const lines = Array.from({ length: 120 }, (_, n) =>
      JSON.stringify({ custom_id: `c${n}`, variables: { who: `p${n}` } }),
    );
    const response = await upload("prompt=greet&model=gpt-4o-mini", lines.join("\n"));
    expect(response.status).toBe(202);
    const { id } = await response.json<Batch>();
    // An invocation has queries for some hundred items. Then it sends wake-ups, which nobody
    // consumes.
    while ((await read(id)).status !== "completed") await wake(id, "pbt-edge-executions-batch", 3);
    expect(await read(id)).toMatchObject({ counts: { total: 120, succeeded: 120 } });
  });

  it("refuses invalid input naming the field, and accepts nothing of it", async () => {
    const good = [{ variables: { who: "x" } }];
    const path = async (json: unknown) => {
      const reply = await create(json);
      return [reply.status, (reply.json as unknown as { errors?: { path: string }[] }).errors?.[0]?.path];
    };
    expect(await path({ prompt: "greet", items: [...good, { variables: 3 }] })).toEqual([422, "items.1.variables"]);
    expect(await path({ prompt: "greet", items: [] })).toEqual([422, "items"]);
    expect(await path({ items: good })).toEqual([422, "prompt"]);
    expect(await path({ prompt: "greet", items: good, mode: "sometime" })).toEqual([422, "mode"]);
    expect(await path({ prompt: "greet", items: good, max_cost_usd: -1 })).toEqual([422, "max_cost_usd"]);
    expect(await path({ prompt: "greet", items: good, webhook: { url: "https://10.0.0.1" } })).toEqual([
      422,
      "webhook.url",
    ]);
    expect((await create({ prompt: "none", items: good })).status).toBe(404);
    const headers = { "idempotency-key": "not one" };
    const once = await call("POST", "/v1/batches", {
      key: tenant.key,
      json: { prompt: "greet", items: good },
      headers,
    });
    expect(once.status).toBe(422);
    expect((await upload("prompt=greet", '{"variables":{}}\n{nonsense')).status).toBe(422);
    expect((await upload("", "{}")).status).toBe(422);
    expect((await upload("prompt=greet", new Uint8Array([0x7b, 0xff]))).status).toBe(400);
    expect((await call("POST", "/v1/batches", { key: tenant.key, json: "[", headers: {} })).status).toBe(422);
  });

  it("answers 413 beyond 50,000 items and beyond 100 MB, counted while they are read", async () => {
    const item = '{"variables":{}}\n';
    const many = await upload("prompt=greet", item.repeat(50_001));
    expect([many.status, (await many.json<{ code: string }>()).code]).toEqual([413, "payload_too_large"]);
    const line = new TextEncoder().encode(`${" ".repeat(999_999)}\n`);
    let left = 101;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(line);
        else controller.close();
      },
    });
    expect((await upload("prompt=greet", body)).status).toBe(413);
  });
});

describe("a batch", () => {
  it("streams its progress as events, and done at the end", async () => {
    const { id } = (await create({ prompt: "greet", items: [{ variables: { who: "Eve" } }] })).json;
    await wake(id);
    await untilEnded(id);
    const events = await call("GET", `/v1/batches/${id}/events`, { key: tenant.key });
    expect(events.headers.get("content-type")).toContain("text/event-stream");
    expect(events.text.match(/^event: .+$/gm)).toEqual(["event: progress", "event: done"]);
    expect(events.text).toContain('"status":"completed"');
  });

  it("ends with a cancel, answers a second cancel alike, and cannot be redriven then", async () => {
    const { id } = (await create({ prompt: "greet", items: [{ variables: { who: "Mallory" } }] })).json;
    for (let time = 0; time < 2; time++) {
      const reply = await call<Batch>("POST", `/v1/batches/${id}/cancel`, { key: tenant.key });
      expect([reply.status, reply.json.counts["queued"]]).toEqual([200, 0]);
    }
    expect((await call("POST", `/v1/batches/${id}/redrive`, { key: tenant.key })).status).toBe(409);
  });

  it("is invisible to other tenants, and cannot be changed with a read-only key", async () => {
    const { id } = (await create({ prompt: "greet", items: [{ variables: { who: "Trent" } }] })).json;
    const other = await newTenant("other");
    const reader = await newKey(tenant.key, ["executions:read"]);
    const changes = ["/cancel", "/redrive"];
    for (const path of ["", "/results", "/events", ...changes]) {
      const method = changes.includes(path) ? "POST" : "GET";
      expect((await call(method, `/v1/batches/${id}${path}`, { key: other.key })).status).toBe(404);
    }
    for (const path of changes) {
      expect((await call("POST", `/v1/batches/${id}${path}`, { key: reader.key })).status).toBe(403);
    }
    expect((await call("GET", `/v1/batches/${id}`, { key: reader.key })).status).toBe(200);
  });
});

describe("an asynchronous execution", () => {
  it("is accepted at once, waits in its lane, and is found under its id at any time", async () => {
    for (const priority of ["high", "standard", "batch"] as const) {
      const json = { prompt: "greet", variables: { who: priority }, async: true, priority };
      const accepted = await call<{ id: string }>("POST", "/v1/executions", { key: tenant.key, json });
      expect([accepted.status, accepted.json]).toEqual([202, { id: accepted.json.id, status: "queued" }]);
      const path = accepted.headers.get("location") ?? "";
      expect(path).toBe(`/v1/executions/${accepted.json.id}`);
      await wake(accepted.json.id, `pbt-edge-executions-${priority}`);
      let found = await call<{ status: string }>("GET", path, { key: tenant.key });
      while (found.json.status !== "succeeded") {
        expect([found.status, ["queued", "running"].includes(found.json.status)]).toEqual([200, true]);
        found = await call("GET", path, { key: tenant.key });
      }
      expect(found.json).toMatchObject({ id: accepted.json.id, prompt: { name: "greet" }, attempts: 1 });
    }
  });

  it("is refused at once if the prompt or its variables are invalid, or if it asks for a stream", async () => {
    const send = async (json: object) =>
      (await call("POST", "/v1/executions", { key: tenant.key, json: { async: true, ...json } })).status;
    expect(await send({ prompt: "none", variables: { who: "x" } })).toBe(404);
    expect(await send({ prompt: "greet", variables: {} })).toBe(422);
    expect(await send({ prompt: "greet", variables: { who: "x" }, stream: true })).toBe(422);
  });
});

describe("the sweep", () => {
  it("runs on the cron trigger", async () => {
    await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
    expect((await call("GET", "/health")).status).toBe(200);
  });
});

describe("a tenant's price", () => {
  it("applies to asynchronous executions and to the items of a batch", async () => {
    const { key } = tenant;
    await call("PUT", "/v1/prices/openai/gpt-4o", { key, json: { input: 1000, output: 0, per: "1M" } });
    const asked = { prompt: "greet", model: "gpt-4o" };
    const json = { ...asked, variables: { who: "later" }, async: true };
    const { id } = (await call<{ id: string }>("POST", "/v1/executions", { key, json })).json;
    await wake(id, "pbt-edge-executions-standard");
    const readExecution = async () =>
      call<{ status: string; cost_usd: number; usage: { prompt_tokens: number } }>("GET", `/v1/executions/${id}`, {
        key,
      });
    let found = await readExecution();
    while (found.json.status !== "succeeded") found = await readExecution();
    expect(Math.round(found.json.cost_usd * 1e9)).toBe(found.json.usage.prompt_tokens * 1_000_000);
    const batch = await create({ ...asked, items: [{ variables: { who: "later" } }] });
    await wake(batch.json.id);
    expect((await untilEnded(batch.json.id)).cost_usd).toBe(found.json.cost_usd);
  });
});
