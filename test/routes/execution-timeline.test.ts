import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { toDetailView } from "../../src/routes/executions/execution-detail.ts";
import { toRecordedView } from "../../src/routes/executions/execution-views.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";
import { says, step, tenantWithChain } from "../support/chains.ts";
import { recorded } from "../support/recorded.ts";
import { COMPATIBLE, marked, tenantWithUpstream } from "../support/upstream.ts";

interface Detail {
  status: string;
  attempts: number;
  latency_ms: number;
  cost_usd: number;
  timeline?: {
    phases: { name: string; start_ms: number; duration_ms: number }[];
    attempts: Record<string, unknown>[];
  };
  input?: { variables: Record<string, unknown>; [field: string]: unknown };
  input_truncated?: true;
}

const ms = expect.any(Number);
/** An attempt of the cheap model that is answered, with the deployment's own key. */
const ANSWERED = {
  model: "gpt-4o-mini",
  provider: "openai",
  key: "_0",
  outcome: "answered",
  start_ms: ms,
  duration_ms: ms,
  cost_usd: expect.any(Number),
};

const detailOf = async (key: string, id: unknown) =>
  (await call<Detail>("GET", `/v1/executions/${String(id)}`, { key })).json;

async function open({ content = false } = {}) {
  const tenant = await newTenant();
  const { key } = tenant;
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
  if (content) await call("PUT", "/v1/telemetry", { key, json: { content } });
  const execute = async (more: object = {}, headers: Record<string, string> = {}) =>
    call("POST", "/v1/executions", { key, json: { prompt: "greet", variables: { who: "Ada" }, ...more }, headers });
  const run = async (...of: Parameters<typeof execute>) =>
    detailOf(key, (await execute(...of)).headers.get("x-pbt-execution-id"));
  return { ...tenant, execute, run };
}

const phasesOf = ({ timeline }: Detail) => timeline?.phases.map(({ name }) => name);

describe("the timeline of a record", () => {
  it("has the phases of its request and the attempt, within the execution's time", async () => {
    const { run } = await open();
    const record = await run();
    const { timeline, latency_ms, cost_usd } = record;
    expect(phasesOf(record)).toEqual(["auth", "load", "render", "admit", "llm", "admission", "settle"]);
    expect(timeline?.attempts).toEqual([{ ...ANSWERED, cost_usd }]);
    expect(timeline?.phases.find(({ name }) => name === "load")?.start_ms).toBe(0);
    // Two clocks, each in whole ms.
    for (const phase of timeline?.phases ?? []) {
      expect(phase.start_ms + phase.duration_ms).toBeLessThanOrEqual(latency_ms + 2);
    }
  });

  it("has the attempt that failed before a fallback answered, with its status", async () => {
    const { key, model, execute } = await tenantWithUpstream({ base_url: `${COMPATIBLE}/nowhere` });
    const reply = await execute("x", { models: [`llm/${model}`, "gpt-4o-mini"], cache: false });
    const { timeline, attempts } = await detailOf(key, reply.json.id);
    expect(attempts).toBe(2);
    const failed = { outcome: "failed", status: 404, error_code: "provider_error", start_ms: ms, duration_ms: ms };
    expect(timeline?.attempts).toEqual([{ provider: "llm", model, key: "_0", ...failed }, ANSWERED]);
  });

  it("has the first part of a stream", async () => {
    const { key, execute } = await open();
    const { text } = await execute({ stream: true });
    const [, id] = /"id":"(exe_[^"]+)"/.exec(text) ?? [];
    expect((await detailOf(key, id)).timeline?.attempts).toEqual([{ ...ANSWERED, ttft_ms: ms }]);
  });

  it("has no attempt of a stored answer", async () => {
    const { run } = await open();
    await run({ cache: true });
    const hit = await run({ cache: true });
    expect([hit.attempts, phasesOf(hit)]).toEqual([0, ["auth", "load", "render", "admit", "cache"]]);
    expect(hit.timeline?.attempts).toEqual([]);
  });

  it("tells why an execution failed that has no answer", async () => {
    const { run } = await open();
    const { status, timeline } = await run({ variables: { who: marked({ status: 400 }) } });
    expect([status, timeline?.attempts]).toMatchObject(["failed", [{ status: 400, error_code: "provider_error" }]]);
    expect(timeline?.attempts[0]).not.toHaveProperty("cost_usd");
  });

  it("is there under an idempotency key, at a door, in a chain, and later", async () => {
    const { key, id: tenant_id, run } = await open();
    const keyed = await run({}, { "idempotency-key": "a" });
    expect(keyed.timeline?.attempts).toEqual([ANSWERED]);
    const messages = [{ role: "user", content: "Hi" }];
    const door = await call("POST", "/v1/chat/completions", { key, json: { model: "gpt-4o-mini", messages } });
    const atDoor = await detailOf(key, door.headers.get("x-pbt-execution-id"));
    expect([atDoor.timeline?.attempts, phasesOf(atDoor)?.slice(0, 2)]).toEqual([[ANSWERED], ["auth", "render"]]);
    const chain = await tenantWithChain([step("one", says("both"))]);
    const { json: ran } = await chain.run();
    const ofChain = await detailOf(chain.key, ran.steps[0]?.items[0]?.executions[0]);
    expect([ofChain.timeline?.attempts, phasesOf(ofChain)?.[0]]).toEqual([[ANSWERED], "load"]);
    const asked = { prompt: "greet", variables: { who: "later" }, async: true };
    const { id } = (await call<{ id: string }>("POST", "/v1/executions", { key, json: asked })).json;
    const body = { type: "group", tenant_id, batch_id: id, group: 0 } satisfies WakeUp;
    const wake = createMessageBatch("pbt-edge-executions-standard", [{ id, timestamp: new Date(), attempts: 1, body }]);
    const context = createExecutionContext();
    await worker.queue(wake, env);
    await getQueueResult(wake, context);
    const later = async () => detailOf(key, id);
    await expect.poll(later, { timeout: 8_000, interval: 100 }).toMatchObject({ timeline: { attempts: [ANSWERED] } });
  });

  it("is absent in a record of an older version, which reads as before", () => {
    const older = { ...recorded({ output: "old" }), feedback_score: null, feedback_comment: null };
    expect(toDetailView(older)).toEqual(toRecordedView(older));
    const cut = { ...older, input_truncated: true as const };
    expect(toDetailView(cut)).toEqual({ ...toRecordedView(older), input_truncated: true });
  });

  it("is in no list, and another tenant does not see it", async () => {
    const { key, execute } = await open({ content: true });
    const { id } = (await execute()).json;
    const list = await call<{ data: object[] }>("GET", "/v1/executions", { key });
    expect(list.json.data).toHaveLength(1);
    for (const field of ["timeline", "input", "input_truncated"]) expect(list.json.data[0]).not.toHaveProperty(field);
    const other = await newTenant();
    const seen = await call("GET", `/v1/executions/${String(id)}`, { key: other.key });
    expect([seen.status, seen.json["detail"]]).toEqual([404, "No such execution."]);
  });
});

describe("the input of a record", () => {
  it("is recorded for no tenant that has not asked for it", async () => {
    const { run, key } = await open();
    expect(await run()).not.toHaveProperty("input");
    const collector = { otlp_endpoint: "https://otel.example.com", sample: 0, content: false };
    await call("PUT", "/v1/telemetry", { key, json: collector });
    expect(await run()).not.toHaveProperty("input");
  });

  it("asks the same again as the body of a request, and ends with the setting", async () => {
    const { run, key, execute } = await open({ content: true });
    const messages = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "", tool_calls: [{ id: "c1", name: "look", arguments: '{"a":1}' }] },
      { role: "tool", tool_call_id: "c1", content: "nothing" },
    ];
    const asked = { messages, parameters: { temperature: 0, seed: 4 }, models: ["gpt-4o-mini"] };
    const { input, ...first } = await run(asked);
    expect(input).toEqual({ variables: { who: "Ada" }, ...asked });
    expect(first).not.toHaveProperty("input_truncated");
    const again = await run({ ...input });
    expect([again.status, again.input]).toEqual(["succeeded", input]);
    const streamed = await execute({ stream: true });
    const [, id] = /"id":"(exe_[^"]+)"/.exec(streamed.text) ?? [];
    expect((await detailOf(key, id)).input).toEqual({ variables: { who: "Ada" } });
    await call("DELETE", "/v1/telemetry", { key });
    expect(await run(asked)).not.toHaveProperty("input");
  });

  it("is cut where it is long, and says so", async () => {
    const { run } = await open({ content: true });
    const { input, input_truncated } = await run({ variables: { who: "Ada ".repeat(10_000) } });
    expect(input_truncated).toBe(true);
    expect(String(input?.variables["who"])).toMatch(/^(Ada ){4000,}/);
    expect(JSON.stringify(input).length).toBeLessThan(16_500);
  });

  it("is recorded where a door is asked, in the words of the API, with what failed, too", async () => {
    const { key } = await open({ content: true });
    const messages = [{ role: "user", content: marked({ status: 400 }) }];
    const json = { model: "gpt-4o-mini", messages, temperature: 0 };
    const reply = await call("POST", "/v1/chat/completions", { key, json });
    const { status, input } = await detailOf(key, reply.headers.get("x-pbt-execution-id"));
    expect([status, input]).toMatchObject(["failed", { variables: {}, models: ["gpt-4o-mini"], messages }]);
    expect(input?.["parameters"]).toMatchObject({ temperature: 0 });
  });
});
