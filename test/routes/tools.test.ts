import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/domain/completions/tools.ts";
import { eventsOf } from "../support/events.ts";
import { call, newTenant } from "../support/api.ts";

const CALLS = [
  { name: "get_weather", arguments: { city: "Bern" } },
  { name: "now", arguments: {} },
];
const TOOLS = [{ name: "get_weather", description: "The weather", parameters: { type: "object" } }, { name: "now" }];
/** What the mock's model does: it thinks, and then asks for two calls. */
const ASK = `[[mock:${JSON.stringify({ tool_calls: CALLS, reasoning: "Let me look." })}]]`;

interface Answered {
  id: string;
  output: string | null;
  finish_reason: string;
  tool_calls?: Array<{ id: string; name: string; arguments: unknown }>;
  reasoning?: string;
  warnings?: string[];
  cached: false | string;
  attempts: number;
}

async function withTools(model: string, settings: object = { temperature: 0 }) {
  const { key } = await newTenant();
  const json = { model, template: "{{ text }}", variables: { text: { type: "string" } }, settings };
  expect((await call("PUT", "/v1/prompts/ask", { key, json })).status).toBe(201);
  const execute = async (more: object = {}, headers: Record<string, string> = {}) =>
    call<Answered>("POST", "/v1/executions", {
      key,
      json: { prompt: "ask", variables: { text: ASK }, tools: TOOLS, ...more },
      headers,
    });
  return { key, execute };
}

const asked = CALLS.map((each) => ({ ...each, id: expect.any(String) }));

describe.each(["gpt-4.1-mini", "claude-haiku-4-5"])("calls of tools by %s", (model) => {
  it("are the answer, whole and on record, and are cached as such", async () => {
    const { key, execute } = await withTools(model);
    const first = await execute();
    expect(first.json).toMatchObject({ output: null, finish_reason: "tool_calls", tool_calls: asked, cached: false });
    expect(first.json).not.toHaveProperty("reasoning");
    const read = await call<Answered>("GET", `/v1/executions/${first.json.id}`, { key });
    expect(read.json).toMatchObject({ output: null, tool_calls: first.json.tool_calls });
    const again = await execute();
    expect(again.json).toMatchObject({ output: null, tool_calls: first.json.tool_calls });
    expect(again.json.cached).not.toBe(false);
    const without = await execute({ tools: [TOOLS[0]] });
    expect(without.json.cached).toBe(false);
  });

  it("come in a stream, each complete, and so does a replay", async () => {
    const { execute } = await withTools(model);
    const headers = { "idempotency-key": "k1" };
    const live = eventsOf((await execute({ stream: true }, headers)).text);
    const replayed = await execute({ stream: true }, headers);
    expect(replayed.headers.get("idempotent-replayed")).toBe("true");
    for (const events of [live, eventsOf(replayed.text)]) {
      expect(events.map(([name]) => name)).toEqual(["start", "tool_call", "tool_call", "done"]);
      expect(events[1]?.[1]).toMatchObject({ index: 0, ...asked[0] });
      expect(events[2]?.[1]).toMatchObject({ index: 1, ...asked[1] });
      expect(events[3]?.[1]).toMatchObject({ finish_reason: "tool_calls", tool_calls: asked });
    }
  });

  it("go on with their results", async () => {
    const { execute } = await withTools(model);
    const first = await execute();
    const messages = [
      { role: "assistant", content: null, tool_calls: first.json.tool_calls },
      ...CALLS.map((_, index) => ({
        role: "tool",
        tool_call_id: first.json.tool_calls?.[index]?.id,
        content: "18 °C",
      })),
      { role: "user", content: [{ type: "text", text: 'So? [[mock:{"answer":"Sunny."}]]' }] },
    ];
    const second = await execute({ messages, variables: { text: "The weather?" } });
    expect(second.json).toMatchObject({ output: "Sunny.", finish_reason: "stop" });
    expect(second.json).not.toHaveProperty("tool_calls");
  });

  it("are the same for all who ask at once, in a flight", async () => {
    const { execute } = await withTools(model);
    const replies = await Promise.all(Array.from({ length: 4 }, async () => execute()));
    for (const { json } of replies) expect(json.tool_calls).toEqual(replies[0]?.json.tool_calls);
    expect(replies.filter(({ json }) => json.cached === false)).toHaveLength(1);
  });
});

describe("the arguments of a call", () => {
  it("keep their digits and their order in this runtime", () => {
    const text = '{"2":9007199254740993,"1":[12345678901234567890]}';
    expect(JSON.stringify({ arguments: parseArguments(text) })).toBe(`{"arguments":${text}}`);
  });
});

describe("an execution of today", () => {
  it("tells the model's reasoning to those who include it, and keeps it apart from others' answers", async () => {
    const { execute } = await withTools("claude-haiku-4-5");
    expect((await execute()).json).not.toHaveProperty("reasoning");
    const include = { include: ["reasoning"] };
    expect((await execute(include)).json).toMatchObject({ reasoning: "Let me look.", cached: false });
    const events = eventsOf((await execute({ ...include, stream: true })).text);
    expect(events.map(([name]) => name)).toEqual(["start", "reasoning", "tool_call", "tool_call", "done"]);
  });

  it("warns of each parameter that the model does not take, of the prompt and of the call", async () => {
    const { execute } = await withTools("claude-haiku-5-5", { temperature: 0, seed: 7 });
    const { json } = await execute({ parameters: { verbosity: "low", provider_options: { openai: { store: true } } } });
    expect(json.warnings).toEqual([
      'temperature was not sent to "claude-haiku-5-5", which does not take it.',
      'seed was not sent to "claude-haiku-5-5", which does not take it.',
      'verbosity was not sent to "claude-haiku-5-5", which does not take it.',
    ]);
  });

  it.each([
    [{ tools: [{ name: "a b" }] }, "tools.0.name"],
    [{ tools: [{ name: "a" }, { name: "a" }] }, "tools.1.name"],
    [
      { messages: [{ role: "user", content: [{ type: "image", image: "ftp://x/y.png" }] }] },
      "messages.0.content.0.image",
    ],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages.0.tool_call_id"],
    [{ messages: [{ role: "robot", content: "x" }] }, "messages.0.role"],
    [{ tool_choice: "maybe" }, "tool_choice"],
    [{ include: ["everything"] }, "include.0"],
    [{ parameters: { reasoning_effort: "huge" } }, "parameters.reasoning_effort"],
    [
      { parameters: { provider_options: { openai: { model: "gpt-6-sol" } } } },
      "parameters.provider_options.openai.model",
    ],
    [
      { parameters: { provider_options: { anthropic: { stream: true } } } },
      "parameters.provider_options.anthropic.stream",
    ],
  ])("refuses %j and names the field", async (more, path) => {
    const { execute } = await withTools("gpt-4.1-mini");
    const { status, json } = await execute(more);
    expect([
      status,
      (json as unknown as { errors: Array<{ path: string }> }).errors.map((error) => error.path),
    ]).toEqual([422, [path]]);
  });
});
