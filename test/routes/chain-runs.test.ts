import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ChainWakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { call, newKey, newTenant } from "../support/api.ts";
import { type ChainRunView, SAY, says, step, tenantWithChain } from "../support/chains.ts";

/** Hands the wake-up of a run to the queue's consumer. */
async function wake(tenant_id: string, run_id: string) {
  const body: ChainWakeUp = { type: "chain", tenant_id, run_id };
  const messages = [{ id: "1", timestamp: new Date(), attempts: 1, body }];
  const batch = createMessageBatch<ChainWakeUp>("pbt-edge-executions-standard", messages);
  await worker.queue(batch, env);
  return (await getQueueResult(batch, createExecutionContext())).explicitAcks;
}

const PAIR = [step("first", says("one")), step("second", "{{ steps.first.output }} two {{ inputs.who }}")];

describe("a run of a chain", () => {
  it("gives each step's output, cost and executions, which are recorded as its own, in one trace", async () => {
    const { key, run, read } = await tenantWithChain(PAIR, ["who"]);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const reply = await run({ inputs: { who: says("both") }, metadata: { team: "x" } }, { traceparent });
    const { status, json, headers } = reply;
    expect([status, json.status, json.output, json.error]).toEqual([200, "succeeded", "both", null]);
    expect([headers.get("location"), Number(headers.get("x-pbt-cost-usd"))]).toEqual([
      `/v1/chain-runs/${json.id}`,
      json.cost_usd,
    ]);
    expect(json.steps.map(({ id, output, attempts }) => [id, output, attempts])).toEqual([
      ["first", "one", 1],
      ["second", "both", 1],
    ]);
    const total = json.steps.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
    expect(json.cost_usd).toBeCloseTo(total, 12);
    expect(await read(json.id)).toEqual(json);
    const execution = await call("GET", `/v1/executions/${json.steps[1]?.items[0]?.executions[0]}`, { key });
    expect(execution.json).toMatchObject({
      metadata: { team: "x", chain: "c", chain_run: json.id, chain_step: "second" },
      cost_usd: json.steps[1]?.cost_usd,
    });
    expect(await list(key, "")).toEqual([json.id]);
    expect(await list(key, "?chain=c&status=succeeded")).toEqual([json.id]);
    expect(await list(key, "?status=failed")).toEqual([]);
  });

  it("tells what failed, skips what needs it, and goes on with the rest", async () => {
    const { run } = await tenantWithChain([
      step("bad", says("", { status: 400 })),
      step("after", "{{ steps.bad.output }}"),
      step("off", "x", { when: false }),
      step("good", says("fine")),
    ]);
    const { status, json } = await run();
    expect([status, json.status, json.output, json.error?.step]).toEqual([200, "partial", "fine", "bad"]);
    expect(json.steps.map((each) => [each.status, each.reason])).toEqual([
      ["failed", undefined],
      ["skipped", "steps.bad failed"],
      ["skipped", "its condition is false"],
      ["succeeded", undefined],
    ]);
  });

  it("refuses what it cannot run before anything is spent", async () => {
    const { run } = await tenantWithChain(PAIR, { who: { type: "string" } });
    const pathsOf = async (json: object) => {
      const reply = await run(json);
      return [reply.status, ...(reply.json.errors ?? []).map(({ path }) => path)];
    };
    expect(await pathsOf({})).toEqual([422, "inputs.who"]);
    expect(await pathsOf({ inputs: { who: 1 } })).toEqual([422, "inputs.who"]);
    expect(await pathsOf({ inputs: {}, variables: {} })).toEqual([422, "variables"]);
    expect(await pathsOf({ stream: true, async: true })).toEqual([422, "stream"]);
    expect(await pathsOf({ version: 1, label: "x" })).toEqual([422, "label"]);
    expect(await pathsOf({ version: 7 })).toEqual([404]);
    expect(await pathsOf({ nothing: 1 })).toEqual([422, "nothing"]);
  });

  it("ends clean at a budget: what was spent is told, and nothing is called after it", async () => {
    const { key, run } = await tenantWithChain([step("a", says("one"))]);
    await call("PUT", "/v1/prompts/dear", { key, yaml: SAY.replace("name: say", "name: dear") });
    await call("PUT", "/v1/budgets/prompt:dear", { key, json: { daily_usd: 0.000_001 } });
    const steps = [
      step("a", says("one")),
      { id: "b", prompt: "dear", variables: { text: "{{ steps.a.output }}" }, retries: 2 },
      step("c", "{{ steps.b.output }}"),
    ];
    await call("PUT", "/v1/chains/c", { key, json: { steps } });
    const { json } = await run();
    expect(json).toMatchObject({ status: "failed", error: { step: "b", code: "budget_exceeded" } });
    expect(json.steps.map((each) => each.status)).toEqual(["succeeded", "failed", "skipped"]);
    expect(json.steps[1]).toMatchObject({ cost_usd: 0, attempts: 1 });
    expect(json.cost_usd).toBe(json.steps[0]?.cost_usd);
    expect(json.cost_usd).toBeGreaterThan(0);
  });

  it("never spends more than its max_cost_usd, whatever runs side by side", async () => {
    const items = Array.from({ length: 8 }, (_, at) => says(`${at}${" word".repeat(60)}`));
    const { run } = await tenantWithChain([step("fan", "{{ item }}", { for_each: items })]);
    // Enough for the worst of one call at a time, and for a few of them as they come out.
    const most = 0.000_6;
    const { json } = await run({ max_cost_usd: most, cache: false });
    expect(json.cost_usd).toBeLessThanOrEqual(most);
    expect(json).toMatchObject({ status: "failed", error: { code: "budget_exceeded" } });
    const ends = json.steps[0]?.items.map(({ status }) => status) ?? [];
    expect([ends.length, ends.includes("succeeded"), ends.includes("failed")]).toEqual([8, true, true]);
  });

  it("is the same again under its idempotency key", async () => {
    const { key, run } = await tenantWithChain(PAIR, ["who"]);
    const body = { inputs: { who: says("both") } };
    const first = await run(body, { "idempotency-key": "k" });
    const again = await run(body, { "idempotency-key": "k" });
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
    expect(again.json).toEqual(first.json);
    expect((await run({ inputs: { who: "other" } }, { "idempotency-key": "k" })).status).toBe(422);
    const bad = await run({ inputs: {} }, { "idempotency-key": "free" });
    expect([bad.status, (await run(body, { "idempotency-key": "free" })).status]).toEqual([422, 200]);
    expect(await list(key, "")).toHaveLength(2);
  });

  it("streams its steps and the text of the last one, and the same again under its key", async () => {
    const { run } = await tenantWithChain(PAIR, ["who"]);
    const body = {
      inputs: { who: says("both of them, and what else there is to say about the two", { chunk_bytes: 300 }) },
      stream: true,
    };
    const { headers, text } = await run(body, { "idempotency-key": "s" });
    expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = eventsIn(text);
    expect(events.filter(({ event }) => event === "step").map(({ data }) => [data["id"], data["status"]])).toEqual([
      ["first", "running"],
      ["first", "succeeded"],
      ["second", "running"],
      ["second", "succeeded"],
    ]);
    const deltas = events.filter(({ event }) => event === "delta");
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.map(({ data }) => data["text"]).join("")).toBe(
      "both of them, and what else there is to say about the two",
    );
    expect([events[0]?.event, events.at(-1)]).toMatchObject([
      "start",
      {
        event: "done",
        data: { status: "succeeded", output: "both of them, and what else there is to say about the two" },
      },
    ]);
    const again = eventsIn((await run(body, { "idempotency-key": "s" })).text);
    expect(again.map(({ event }) => event)).toEqual(["start", "step", "step", "delta", "done"]);
    expect(again.at(-1)).toEqual(events.at(-1));
  });

  it("is accepted with async, run by the queue once, and read meanwhile", async () => {
    const { id: tenant_id, key, run, read } = await tenantWithChain(PAIR, ["who"]);
    const body = { inputs: { who: says("both") }, async: true };
    const { status, json, headers } = await run(body, { "idempotency-key": "a" });
    expect([status, json.status, headers.get("location")]).toEqual([202, "running", `/v1/chain-runs/${json.id}`]);
    expect(json.steps.map((each) => each.status)).toEqual(["running", "pending"]);
    expect((await run(body, { "idempotency-key": "a" })).json.id).toBe(json.id);
    expect(await wake(tenant_id, json.id)).toEqual(["1"]);
    const done = await read(json.id);
    expect(done).toMatchObject({ status: "succeeded", output: "both" });
    expect(await wake(tenant_id, json.id)).toEqual(["1"]);
    expect(await read(json.id)).toEqual(done);
    const followed = await call("GET", `/v1/chain-runs/${json.id}/events`, { key });
    expect(followed.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = eventsIn(followed.text);
    expect(events.map(({ event }) => event)).toEqual(["start", "step", "step", "delta", "done"]);
    expect([events.at(-2)?.data["text"], events.at(-1)?.data]).toEqual(["both", done]);
  });

  it("is cancelled before its next step, and read with the scope of executions", async () => {
    const { id: tenant_id, key, run, read } = await tenantWithChain(PAIR, ["who"]);
    const { id } = (await run({ inputs: { who: "x" }, async: true })).json;
    const reader = await newKey(key, ["executions:read"]);
    expect((await call("POST", `/v1/chain-runs/${id}/cancel`, { key: reader.key })).status).toBe(403);
    const { status, json } = await call<ChainRunView>("POST", `/v1/chain-runs/${id}/cancel`, { key });
    expect([status, json.status, json.steps.map((each) => each.status)]).toEqual([
      200,
      "cancelled",
      ["cancelled", "cancelled"],
    ]);
    await wake(tenant_id, id);
    expect(await read(id)).toEqual(json);
  });
});

const PROMPTS = import.meta.glob<string>("../../examples/*.prompt.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});
const CHAINS = import.meta.glob<string>("../../examples/*.chain.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});

describe("every example of a chain", () => {
  it("runs with the example prompts", async () => {
    const { key } = await newTenant();
    for (const [kind, files] of [["prompts", PROMPTS] as const, ["chains", CHAINS] as const]) {
      for (const [file, yaml] of Object.entries(files)) {
        const name = file.split("/").at(-1)?.split(".")[0] ?? "";
        expect([file, (await call("PUT", `/v1/${kind}/${name}`, { key, yaml })).status]).toEqual([file, 201]);
      }
    }
    expect(Object.keys(CHAINS)).toHaveLength(1);
    const inputs = { product: "CRM", ticket: says("billing"), languages: ["French", "German"] };
    const { json } = await call<ChainRunView>("POST", "/v1/chains/answer-ticket/execute", { key, json: { inputs } });
    expect([json.status, json.steps.map(({ id, items }) => [id, items.length])]).toEqual([
      "succeeded",
      [
        ["team", 1],
        ["reply", 1],
        ["translations", 2],
      ],
    ]);
    expect(json.output).toHaveLength(2);
  });
});

async function list(key: string, query: string): Promise<string[]> {
  const { json } = await call<{ data: { id: string }[] }>("GET", `/v1/chain-runs${query}`, { key });
  return json.data.map(({ id }) => id);
}

function eventsIn(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [, event = "", data = "{}"] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      return { event, data: JSON.parse(data) as Record<string, unknown> };
    });
}
