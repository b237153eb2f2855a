import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { eventsOf } from "../support/events.ts";
import { call, newTenant } from "../support/api.ts";

const CALL = { name: "get_weather", arguments: { city: "Bern" } };
const TOOLS = [{ name: "get_weather", parameters: { type: "object" } }];
/** What the mock's model does: it thinks, and then asks for a call. */
const ASK = `[[mock:${JSON.stringify({ tool_calls: [CALL], reasoning: "Let me look." })}]]`;

interface Answered {
  id: string;
  status: string;
  output: string | null;
  tool_calls?: unknown[];
  reasoning?: string;
  warnings?: string[];
}

async function open(model: string) {
  const tenant = await newTenant();
  const { key } = tenant;
  const json = {
    model,
    messages: [
      { role: "system", content: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] },
      { placeholder: "history" },
      {
        role: "user",
        content: [
          { type: "text", text: "{{ text }}" },
          { type: "image", image: "{{ photo }}" },
        ],
      },
    ],
    variables: { text: "string", photo: "image", history: { type: "messages", required: false } },
    tools: TOOLS,
    settings: { max_tokens: 50 },
  };
  expect((await call("PUT", "/v1/prompts/ask", { key, json })).status).toBe(201);
  return { ...tenant, read: async (path: string) => (await call<Answered>("GET", path, { key })).json };
}

/** Delivers the wake-up of a batch of one group. */
async function wake(tenant_id: string, batch_id: string, queue: string): Promise<void> {
  const body: WakeUp = { type: "group", tenant_id, batch_id, group: 0 };
  const batch = createMessageBatch<WakeUp>(queue, [{ id: batch_id, timestamp: new Date(), attempts: 1, body }]);
  await worker.queue(batch, env);
  await getQueueResult(batch, createExecutionContext());
}

const VARIABLES = {
  text: ASK,
  photo: "https://cdn.test/a.png",
  history: [
    { role: "user", content: "{{ not rendered }}" },
    { role: "assistant", content: "Aha." },
  ],
};
const EXPECTED = { output: null, finish_reason: "tool_calls", tool_calls: [{ ...CALL, id: expect.any(String) }] };

describe.each(["gpt-4.1-mini", "claude-haiku-4-5"])("a prompt with parts, history and tools at %s", (model) => {
  it("gives the first calls again under its idempotency key, whole", async () => {
    const { key, read } = await open(model);
    const json = { prompt: "ask", variables: VARIABLES };
    const headers = { "idempotency-key": "k" };
    const first = await call<Answered>("POST", "/v1/executions", { key, json, headers });
    expect(first.json).toMatchObject(EXPECTED);
    const again = await call<Answered>("POST", "/v1/executions", { key, json, headers });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.json).toEqual(first.json);
    expect(await read(`/v1/executions/${first.json.id}`)).toMatchObject(EXPECTED);
    const other = { ...json, tools: [{ ...TOOLS[0], description: "Another" }] };
    expect((await call("POST", "/v1/executions", { key, json: other, headers })).status).toBe(422);
  });

  it("gives calls and reasoning again under its idempotency key, streamed", async () => {
    const { key } = await open(model);
    const json = { prompt: "ask", variables: VARIABLES, stream: true, include: ["reasoning"] };
    const headers = { "idempotency-key": "k" };
    const [first, again] = [
      await call("POST", "/v1/executions", { key, json, headers }),
      await call("POST", "/v1/executions", { key, json, headers }),
    ].map(({ text }) => eventsOf(text));
    expect(again).toEqual(first);
    const names = model.startsWith("claude")
      ? ["start", "reasoning", "tool_call", "done"]
      : ["start", "tool_call", "done"];
    expect(first?.map(([name]) => name)).toEqual(names);
  });

  it("is executed asynchronously, and once for its idempotency key", async () => {
    const { id: tenantId, key, read } = await open(model);
    const json = {
      prompt: "ask",
      variables: VARIABLES,
      async: true,
      include: ["reasoning"],
      parameters: { seed: 1, top_k: 1 },
    };
    const headers = { "idempotency-key": "k" };
    const first = await call<Answered>("POST", "/v1/executions", { key, json, headers });
    expect(first.status).toBe(202);
    expect((await call<Answered>("POST", "/v1/executions", { key, json, headers })).json.id).toBe(first.json.id);
    const { id } = first.json;
    await wake(tenantId, id, "pbt-edge-executions-standard");
    let found = await read(`/v1/executions/${id}`);
    while (found.status === "queued" || found.status === "running") found = await read(`/v1/executions/${id}`);
    const isClaude = model.startsWith("claude");
    expect(found).toMatchObject({
      ...EXPECTED,
      warnings: [expect.stringContaining(`${isClaude ? "seed" : "top_k"} was not sent`)],
      ...(isClaude && { reasoning: "Let me look." }),
    });
  });

  it("is executed in a batch, whose results have the calls", async () => {
    const { id: tenantId, key, read } = await open(model);
    const items = [
      { variables: VARIABLES },
      { variables: { ...VARIABLES, text: "plain" } },
      { variables: { text: "x" } },
    ];
    const accepted = await call<Answered>("POST", "/v1/batches", { key, json: { prompt: "ask", items } });
    expect(accepted.status).toBe(202);
    const { id } = accepted.json;
    await wake(tenantId, id, "pbt-edge-executions-batch");
    let batch = await read(`/v1/batches/${id}`);
    while (batch.status === "queued" || batch.status === "running") batch = await read(`/v1/batches/${id}`);
    const { text } = await call("GET", `/v1/batches/${id}/results`, { key });
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { status: string; execution?: Answered });
    expect(lines.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "failed"]);
    expect(lines[0]?.execution).toMatchObject(EXPECTED);
    expect(lines[1]?.execution?.output).toContain("plain");
    expect(lines[1]?.execution).not.toHaveProperty("tool_calls");
  });
});

describe("the prompt that is sent", () => {
  it("is what render shows: parts, tools and history, which is never rendered", async () => {
    const { key } = await open("gpt-4.1-mini");
    const json = { variables: { ...VARIABLES, text: "Hi" } };
    const bare = await call<{ estimated_tokens: number }>("POST", "/v1/prompts/ask/render", { key, json });
    expect(bare.json).toMatchObject({
      messages: [
        { role: "system", content: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] },
        ...VARIABLES.history,
        {
          role: "user",
          content: [
            { type: "text", text: "Hi" },
            { type: "image", image: { url: "https://cdn.test/a.png" } },
          ],
        },
      ],
      tools: TOOLS,
    });
    // The picture alone counts as 1,200.
    expect(bare.json.estimated_tokens).toBeGreaterThan(1_200);
  });
});
