import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EdgeProcess, startEdge } from "../../load/harness/edge.ts";
import { type MockProcess, startMock } from "../../load/harness/mock.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../load/harness/otlp-receiver.ts";
import { type CallerTrace, eventually, newCallerTrace, TracedCaller } from "../../load/proofs/traces/traced-caller.ts";
import { traceFaults } from "../../load/proofs/traces/trace-tree.ts";

const CANARY = "canary-5up3rs3cr3t";
const FAILING = "gpt-4o-mini";
const PROMPT = {
  name: "greet",
  model: "gpt-6-luna",
  template: `Greet {{ who }} and keep ${CANARY} to yourself.`,
  variables: { who: { type: "string" } },
};

let mock: MockProcess;
let edge: EdgeProcess;
/** The deployment's collector, and a tenant's. */
let own: OtlpReceiver;
let tenants: OtlpReceiver;

const asked = (more: object = {}) => ({ prompt: "greet", variables: { who: `Ada ${CANARY}` }, cache: false, ...more });

/** A new tenant with the prompt. */
async function newCaller(): Promise<TracedCaller> {
  const caller = new TracedCaller(edge.url, await edge.otherTenant());
  await caller.send("PUT", "/v1/prompts/greet", PROMPT);
  return caller;
}

/** The spans of a caller's trace, and of those that refer to it, once it has so many roots. */
async function arrived(receiver: OtlpReceiver, { trace_id }: CallerTrace, roots = 1): Promise<ReceivedSpan[]> {
  return eventually("spans", () => {
    const spans = receiver.spans();
    const linked = spans.filter(({ links }) => links.some((link) => link.startsWith(trace_id)));
    const ids = new Set([trace_id, ...linked.map((span) => span.trace_id)]);
    const found = spans.filter((span) => ids.has(span.trace_id));
    return found.filter(({ name }) => name === "prompt_execution").length >= roots ? found : undefined;
  });
}

const namesOf = (spans: readonly ReceivedSpan[]) => spans.map(({ name }) => name);

beforeAll(async () => {
  [mock, own, tenants] = await Promise.all([startMock(), startOtlpReceiver(), startOtlpReceiver()]);
  edge = await startEdge(mock, {
    vars: {
      OTEL_EXPORTER_OTLP_ENDPOINT: own.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-collector=of%20ours",
      TRACE_SAMPLE: "0",
      TRACE_SLOW_MS: "60000",
      WEBHOOK_ORIGINS: tenants.url,
    },
  });
  await mock.profile({ models: { [FAILING]: { status: 503 } } });
});
afterAll(async () => {
  await Promise.all([edge.stop(), mock.stop()]);
  await Promise.all([own.close(), tenants.close()]);
});
beforeEach(() => {
  for (const receiver of [own, tenants]) receiver.moods.length = 0;
});

describe("the traces of executions", () => {
  it.each([
    ["whole", {}, ["chat gpt-6-luna", "llm_call"]],
    ["streamed", { stream: true }, ["chat gpt-6-luna", "llm_call"]],
    ["with failover", { models: [FAILING, "claude-haiku-4-5"] }, ["chat claude-haiku-4-5", "llm_call", "llm_call"]],
    ["that fail", { model: FAILING, queue: false }, [`chat ${FAILING}`, "llm_call"]],
  ])("arrive with their parents: %s", async (_form, more, calls) => {
    const [caller, trace] = [await newCaller(), newCallerTrace()];
    const reply = await caller.send("POST", "/v1/executions", asked(more), trace.headers);
    const [, ours] =
      new RegExp(`^00-${trace.trace_id}-(\\w{16})-01$`).exec(reply.headers.get("traceparent") ?? "") ?? [];
    const spans = await arrived(own, trace);
    expect(traceFaults(spans, new Set([trace.span_id]))).toEqual([]);
    expect(spans[0]).toMatchObject({ name: "prompt_execution", span_id: ours, parent_id: trace.span_id });
    expect(namesOf(spans).slice(0, 4)).toEqual(["prompt_execution", "load_prompt", "render_template", "admission"]);
    expect(namesOf(spans).slice(4, 4 + calls.length)).toEqual(calls);
    expect(spans[0]?.isError).toBe(reply.status >= 400);
    expect(own.requests.at(-1)).toMatchObject({ path: "/v1/traces", headers: { "x-collector": "of ours" } });
  });

  it("arrive for asynchronous executions, as a part of their callers' traces", async () => {
    const [caller, trace] = [await newCaller(), newCallerTrace()];
    const id = await caller.executeLater(asked(), trace);
    const spans = await arrived(own, trace);
    expect(traceFaults(spans, new Set([trace.span_id]))).toEqual([]);
    expect(spans[0]).toMatchObject({ parent_id: trace.span_id, attributes: { "pbt.execution.id": id } });
  });

  it("arrive for failed items of batches, each as a trace that refers to the batch's request", async () => {
    const [caller, trace] = [await newCaller(), newCallerTrace()];
    const items = [{ variables: { who: "a" } }, { variables: { who: "b" } }];
    await mock.profile({ models: { [FAILING]: { status: 400 } } });
    await caller.executeBatch({ prompt: "greet", model: FAILING, items }, trace);
    await mock.profile({ models: { [FAILING]: { status: 503 } } });
    const spans = await arrived(own, trace, items.length);
    expect(traceFaults(spans, new Set())).toEqual([]);
    expect(new Set(spans.map(({ trace_id }) => trace_id)).size).toBe(items.length);
  });

  it("go on at whoever stands in for a provider, call by call", async () => {
    const [caller, trace] = [await newCaller(), newCallerTrace()];
    const before = await mock.callCount();
    await caller.execute(asked(), trace);
    const [call] = (await arrived(own, trace)).filter(({ name }) => name === "llm_call");
    const [sent] = await mock.requests(before);
    expect(sent?.headers["traceparent"]).toBe(`00-${trace.trace_id}-${call?.span_id}-01`);
  });

  it("are not sent where the caller or the ratio says so, unless they failed", async () => {
    const caller = await newCaller();
    const [quiet, failed] = [newCallerTrace(false), newCallerTrace(false)];
    await caller.execute(asked(), quiet);
    await caller.send("POST", "/v1/executions", asked({ model: FAILING, queue: false }), failed.headers);
    await arrived(own, failed);
    expect(own.spans().filter(({ trace_id }) => trace_id === quiet.trace_id)).toEqual([]);
  });
});

describe("a tenant's collector", () => {
  const collector = (more: object = {}) => ({ otlp_endpoint: tenants.url, sample: 1, content: false, ...more });

  it("gets the tenant's traces with its headers, and no other tenant's", async () => {
    const [caller, other] = [await newCaller(), await newCaller()];
    const headers = { "x-api-key": "of-the-tenant" };
    expect((await caller.send("PUT", "/v1/telemetry", collector({ headers }))).status).toBe(201);
    const [trace, foreign] = [newCallerTrace(), newCallerTrace()];
    await other.execute(asked(), foreign);
    await caller.execute(asked(), trace);
    const spans = await arrived(tenants, trace);
    expect(traceFaults(spans, new Set([trace.span_id]))).toEqual([]);
    expect(tenants.requests.at(-1)?.headers).toMatchObject(headers);
    await arrived(own, foreign);
    expect(tenants.spans().filter(({ trace_id }) => trace_id === foreign.trace_id)).toEqual([]);
  });

  it("gets what was asked and said where the tenant wants it, and the deployment's never does", async () => {
    const caller = await newCaller();
    await caller.send("PUT", "/v1/telemetry", collector({ content: true }));
    const trace = newCallerTrace();
    await caller.execute(asked(), trace);
    const call = (await arrived(tenants, trace)).find(({ name }) => name.startsWith("chat"));
    expect(call?.attributes["gen_ai.input.messages"]).toContain(CANARY);
    await arrived(own, trace);
    expect(own.requests.map(({ body }) => body).join("")).not.toContain(CANARY);
  });

  it("may not be at a private address", async () => {
    const caller = await newCaller();
    for (const otlp_endpoint of ["http://127.0.0.1:9", "https://10.0.0.1", "https://metadata.internal"]) {
      const reply = await caller.send("PUT", "/v1/telemetry", collector({ otlp_endpoint }));
      expect([otlp_endpoint, reply.status]).toEqual([otlp_endpoint, 422]);
    }
  });

  it("that has a name without a public address gets nothing, and fails no execution", async () => {
    const caller = await newCaller();
    const put = collector({ otlp_endpoint: "https://otel.invalid" });
    expect((await caller.send("PUT", "/v1/telemetry", put)).status).toBe(201);
    await caller.execute(asked(), newCallerTrace());
    await eventually("the loss", () => edge.output().includes('"event":"spans_dropped"') || undefined);
    expect(edge.output()).toContain("the address has a name that leads to no address now");
  });
});

describe("a collector in trouble", () => {
  it("gets spans again after a 429, when it says", async () => {
    const [caller, trace] = [await newCaller(), newCallerTrace()];
    own.moods.push({ status: 429, retry_after: "1" });
    const before = own.requests.length;
    await caller.execute(asked(), trace);
    await arrived(own, trace);
    const sent = own.requests.slice(before).filter(({ body }) => body.includes(trace.trace_id));
    expect(sent).toHaveLength(2);
    expect(sent[0]?.body).toBe(sent[1]?.body);
  });

  it("loses spans while it refuses them, which the log says", async () => {
    const caller = await newCaller();
    own.moods.push({ status: 500 });
    await caller.execute(asked(), newCallerTrace());
    await eventually("the loss", () => edge.output().includes('"error":"Error: status 500"') || undefined);
    expect(edge.output()).not.toContain(CANARY);
  });

  it("holds up no execution while it says nothing", async () => {
    const caller = await newCaller();
    const before = own.requests.length;
    own.moods.push("hang");
    // It may still be left in peace after what it refused before.
    await eventually("the request that hangs", async () => {
      await caller.execute(asked(), newCallerTrace());
      return own.requests.length > before || undefined;
    });
    for (let n = 0; n < 5; n++) expect(await caller.execute(asked(), newCallerTrace())).toMatch(/^exe_/);
  });
});
