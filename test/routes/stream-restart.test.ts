import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

const MODEL = "gpt-4o-mini";
const CLAUDE = "claude-haiku-4-5";
const OPUS = "claude-opus-5-5";
const TEXT = "The river runs through the old town, and past its mill.";
const RESTART = { "x-pbt-stream-restart": "continue" };
const user = [{ role: "user", content: "Tell me of the river." }];

interface Sent {
  seq: number;
  body: string;
}

async function mock<T>(log: "calls" | "requests"): Promise<T> {
  return (await fetch(`${env.MOCK_URL}/__mock/${log}`)).json<T>();
}

/** Sets what the mock answers to the next calls, in turn. */
async function answers(...once: object[]): Promise<void> {
  const init = { method: "PUT", body: JSON.stringify({ once }) };
  expect((await fetch(`${env.MOCK_URL}/__mock/profile`, init)).status).toBeLessThan(300);
}

/** A tenant of its own; `sent` has the bodies that the mock was sent for it, in their order. */
async function open() {
  const { id, key } = await newTenant();
  const secret = `sk-${id}`;
  for (const provider of ["openai", "anthropic"]) {
    await call("PUT", `/v1/providers/${provider}/keys/main`, { key, json: { api_key: secret } });
  }
  const sent = async () => {
    const { calls } = await mock<{ calls: { seq: number; key: string }[] }>("calls");
    const own = new Set(calls.flatMap((each) => (each.key === secret ? [each.seq] : [])));
    const { requests } = await mock<{ requests: Sent[] }>("requests");
    return requests.filter(({ seq }) => own.has(seq)).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  };
  const ask = async (path: string, json: object, headers: Record<string, string> = RESTART) =>
    call("POST", path, { key, json: { ...json, stream: true }, headers });
  const recorded = async (id: string | null) => (await call("GET", `/v1/executions/${id}`, { key })).json;
  return { key, ask, sent, recorded };
}

/** The text in the events of a stream, whichever door wrote them. */
function textIn(events: string): string {
  const data = events.split("\n").flatMap((line) => (line.startsWith("data: {") ? [JSON.parse(line.slice(6))] : []));
  return data
    .map((event: StreamEvent) => {
      if (event.type === "response.output_text.delta") return event.delta as string;
      if (event.type === "content_block_delta") return (event.delta as { text?: string }).text ?? "";
      return event.choices?.[0]?.delta.content ?? (event.type === undefined ? event.text : undefined) ?? "";
    })
    .join("");
}

interface StreamEvent {
  type?: string;
  delta?: unknown;
  text?: string;
  choices?: { delta: { content?: string } }[];
}

const DOORS = [
  ["/v1/chat/completions", { messages: user }, MODEL, /data: \[DONE\]\n\n$/],
  ["/v1/messages", { messages: user, max_tokens: 500 }, CLAUDE, /event: message_stop\ndata: .*\n\n$/],
  ["/v1/responses", { input: user[0]?.content }, MODEL, /event: response.completed\ndata: .*\n\n$/],
] as const;

afterEach(async () => answers());

describe("a cut stream of a client that allows a restart", () => {
  for (const [path, body, model, end] of DOORS) {
    it.each(["cut_stream", "error_in_200", "truncate", "garbage_json"])(
      `goes on at ${path} as one answer, after the fault %s`,
      async (fault) => {
        const { ask, recorded } = await open();
        await answers({ answer: TEXT, fault, fault_at: 0.6 }, { answer: TEXT });
        const reply = await ask(path, { ...body, model }, { ...RESTART, "x-pbt-fallback-models": OPUS });
        expect([textIn(reply.text), reply.text]).toEqual([TEXT, expect.stringMatching(end)]);
        const record = await recorded(reply.headers.get("x-pbt-execution-id"));
        expect(record).toMatchObject({ status: "succeeded", output: TEXT, attempts: 2, model: OPUS });
        expect(reply.headers.get("x-pbt-attempts")).toBe("1");
      },
    );

    it(`ends at ${path} with the error of the cut where the next answer is another one`, async () => {
      const { ask, recorded } = await open();
      await answers({ answer: TEXT, fault: "cut_stream", fault_at: 0.6 }, { answer: `A ${TEXT}` });
      const reply = await ask(path, { ...body, model }, { ...RESTART, "x-pbt-fallback-models": OPUS });
      expect(TEXT.startsWith(textIn(reply.text))).toBe(true);
      expect(textIn(reply.text)).not.toBe("");
      expect(reply.text).toMatch(/"error"/);
      expect(reply.text).not.toMatch(end);
      const record = await recorded(reply.headers.get("x-pbt-execution-id"));
      expect(record).toMatchObject({ status: "failed", attempts: 2 });
    });

    it(`sends the client's own body first at ${path}`, async () => {
      const { ask, sent } = await open();
      await answers({ answer: TEXT });
      const reply = await ask(path, { ...body, model });
      expect(textIn(reply.text)).toBe(TEXT);
      expect((await sent())[0]).toMatchObject({ ...body, model, stream: true });
    });
  }

  it("goes on from a prefix in the client's own body, without the white space at its end", async () => {
    const { ask, sent, recorded } = await open();
    await answers({ answer: "The river \n", fault: "cut_stream", fault_at: 1 }, { answer: " \nruns." });
    const body = { model: CLAUDE, max_tokens: 500, messages: user, metadata: { user_id: "u1" }, stop_sequences: ["§"] };
    const reply = await ask("/v1/messages", body);
    expect(textIn(reply.text)).toBe("The river \nruns.");
    const [first, second] = await sent();
    expect(first).toEqual({ ...body, stream: true });
    expect(second).toEqual({
      ...body,
      stream: true,
      max_tokens: 497,
      messages: [...user, { role: "assistant", content: "The river" }],
    });
    const record = await recorded(reply.headers.get("x-pbt-execution-id"));
    expect(record).toMatchObject({ output: "The river \nruns.", attempts: 2, provider: "anthropic" });
  });

  it("goes on as a stream of an execution, and nothing of it is stored for others", async () => {
    const { key, ask, sent } = await open();
    await call("PUT", "/v1/prompts/river", { key, yaml: yamlPrompt("river") });
    const body = { prompt: "river", variables: { who: "Ada" }, models: [MODEL, OPUS], cache: true };
    await answers({ answer: TEXT, fault: "cut_stream" }, { answer: TEXT });
    const reply = await ask("/v1/executions", body);
    expect(textIn(reply.text)).toBe(TEXT);
    expect(reply.text).toMatch(/event: done\ndata: .*\n\n$/);
    const again = await ask("/v1/executions", body);
    expect(again.headers.get("x-pbt-cache")).toBe("miss");
    expect(await sent()).toHaveLength(3);
    expect((await ask("/v1/executions", body)).headers.get("x-pbt-cache")).toMatch(/^hit/);
  });

  it.each([
    ["/v1/chat/completions", undefined, 1],
    ["/v1/executions", undefined, 1],
    // With its key the client may come again, for the whole answer.
    ["/v1/executions", "k", 2],
  ])("goes on at %s once its client has left only under an idempotency key (%s)", async (path, idempotent, calls) => {
    const { key, sent, recorded } = await open();
    await call("PUT", "/v1/prompts/river", { key, yaml: yamlPrompt("river") });
    await answers({ answer: TEXT, fault: "cut_stream", fault_at: 0.9, tokens_per_s: 40 }, { answer: TEXT });
    const own = path === "/v1/executions" ? { prompt: "river", variables: { who: "Ada" } } : { messages: user };
    const reply = await exports.default.fetch(`https://edge.test${path}`, {
      method: "POST",
      body: JSON.stringify({ ...own, model: MODEL, stream: true }),
      headers: {
        ...RESTART,
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(idempotent !== undefined && { "idempotency-key": idempotent }),
      },
    });
    const reader = reply.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const id = reply.headers.get("x-pbt-execution-id");
    let record = await recorded(id);
    while (record["status"] === 404) record = await recorded(id);
    expect(record).toMatchObject({ attempts: calls, status: calls === 1 ? "failed" : "succeeded" });
    expect(await sent()).toHaveLength(calls);
  });

  it("is relayed as ever, and not restarted, where its body has what only its own format can say", async () => {
    const { ask, sent } = await open();
    await answers({ answer: TEXT, fault: "cut_stream", extra_fields: { x_mood: 1 } }, { answer: TEXT });
    const reply = await ask("/v1/chat/completions", { model: MODEL, messages: user, logprobs: true });
    expect(reply.text).toContain("x_mood");
    expect(await sent()).toHaveLength(1);
  });

  it("is relayed and not restarted without the header, which knows one word", async () => {
    const { ask, sent } = await open();
    const body = { model: MODEL, messages: user };
    await answers({ answer: TEXT, fault: "cut_stream" });
    const reply = await ask("/v1/chat/completions", body, {});
    expect(textIn(reply.text)).not.toBe(TEXT);
    expect(await sent()).toHaveLength(1);
    expect((await ask("/v1/chat/completions", body, { "x-pbt-stream-restart": "never" })).status).toBe(400);
  });
});
