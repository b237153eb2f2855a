import { describe, expect, it } from "vitest";

import { drain, KEY, marked, mockForTests } from "./mock-clients.ts";

const { mock, openai } = await mockForTests();

const MODEL = "gpt-6-luna";
const WEATHER = { type: "function", name: "get_weather", parameters: { type: "object" }, strict: false } as const;
const CALLS = [{ name: "get_weather", arguments: { city: "Bern" } }];

/** The status and the error of a body that is sent as it is. */
async function send(body: object) {
  const response = await fetch(`${mock.openaiBaseUrl}/responses`, {
    method: "POST",
    body: JSON.stringify({ model: MODEL, input: "Hi", ...body }),
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
  });
  const { error } = (await response.json()) as { error: { code: string | null; param: string | null } | null };
  return { status: response.status, ...error };
}

/** A value without the ids, which differ from answer to answer. */
const shown = (value: unknown) => JSON.stringify(value).replaceAll(/(?<=_)[0-9a-f-]{8,}/g, "…");

/** An item without what the client adds to those of a response that it has read. */
function withoutParsed(item: object): unknown {
  return JSON.parse(JSON.stringify(item, (name, value: unknown) => (name.startsWith("parsed") ? undefined : value)));
}

describe("the mock's Responses API", () => {
  it("answers with the text that chat completions give, and with its usage", async () => {
    const response = await openai.responses.create({ model: MODEL, input: "What is an edge runtime?" });
    const messages = [{ role: "user" as const, content: "What is an edge runtime?" }];
    const completion = await openai.chat.completions.create({ model: MODEL, messages });
    expect(response).toMatchObject({ object: "response", status: "completed", service_tier: "default" });
    expect(response.output_text).toBe(completion.choices[0]?.message.content);
    expect(response.usage?.output_tokens).toBe(completion.usage?.completion_tokens);
    expect(response.usage?.input_tokens).toBe(completion.usage?.prompt_tokens);
  });

  it("asks for calls, tells a summary on request, and says what its tools were used for", async () => {
    const parts = { cached: 2, web_searches: 2, file_searches: 1, reasoning: 3 };
    const input = marked({ tool_calls: CALLS, reasoning: "Let me look.", usage_parts: parts });
    const response = await openai.responses.create({
      model: MODEL,
      input,
      tools: [WEATHER],
      reasoning: { effort: "low", summary: "auto" },
    });
    expect(response.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "web_search_call",
      "web_search_call",
      "file_search_call",
      "function_call",
    ]);
    expect(response.usage).toMatchObject({ output_tokens_details: { reasoning_tokens: 3 } });
    expect(response.tool_usage?.web_search.num_requests).toBe(2);
    const without = await openai.responses.create({ model: MODEL, input, tools: [WEATHER] });
    expect(without.output.some(({ type }) => type === "reasoning")).toBe(false);
  });

  it("streams the events whose last one has the same response as a whole answer", async () => {
    const input = marked({ tool_calls: CALLS, answer: "I shall look.", reasoning: "Hm." });
    const body = { model: MODEL, input, tools: [WEATHER], reasoning: { summary: "auto" as const } };
    const { output } = await openai.responses.create(body);
    const { parts } = await drain(await openai.responses.create({ ...body, stream: true }));
    expect(parts.map(({ sequence_number: number }) => number)).toEqual(parts.map((_, index) => index));
    const text = parts.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
    expect(text).toBe("I shall look.");
    const last = parts.at(-1);
    expect(shown(last?.type === "response.completed" ? last.response.output : last)).toBe(shown(output));
  });

  it("streams so that the client's own reader, which checks the order of events, gathers the same response", async () => {
    const body = { model: MODEL, reasoning: { summary: "auto" as const }, tools: [WEATHER] };
    const said = [{ answer: "I shall look." }, { answer: "" }, { refusal: true }, { reasoning: "Hm." }];
    for (const profile of [...said, { tool_calls: CALLS }, { tool_calls: CALLS, answer: "One moment." }]) {
      const input = marked(profile);
      const { output } = await openai.responses.create({ ...body, input });
      const gathered = await openai.responses.stream({ ...body, input }).finalResponse();
      expect(shown(gathered.output.map(withoutParsed))).toBe(shown(output));
    }
  });

  it("refuses in a content of its own, whole and streamed", async () => {
    const body = { model: MODEL, input: marked({ answer: "I can't.", refusal: true }) };
    const response = await openai.responses.create(body);
    expect(response.output).toMatchObject([{ content: [{ type: "refusal", refusal: "I can't." }] }]);
    const { parts } = await drain(await openai.responses.create({ ...body, stream: true }));
    expect(parts.some(({ type }) => type === "response.refusal.delta")).toBe(true);
  });

  it("is incomplete at the token limit", async () => {
    const response = await openai.responses.create({ model: MODEL, input: "Hi", max_output_tokens: 16 });
    expect(response).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  });

  it.each([
    ["an unknown field", { messages: [] }, "unknown_parameter", "messages"],
    ["a field of chat completions", { max_tokens: 100 }, "unknown_parameter", "max_tokens"],
    ["a wrong type", { store: "no" }, "invalid_value", "store"],
    ["too few output tokens", { max_output_tokens: 15 }, "invalid_value", "max_output_tokens"],
    ["an unknown effort", { reasoning: { effort: "huge" } }, "invalid_value", "reasoning"],
    ["sampling of a model that reasons", { temperature: 0 }, "unsupported_parameter", "temperature"],
    [
      "a function in its envelope",
      { tools: [{ type: "function", function: { name: "f" } }] },
      "missing_required_parameter",
      "tools[0].name",
    ],
    ["a choice that is no tool", { tool_choice: { type: "function", name: "f" } }, "invalid_value", "tool_choice"],
    [
      "a part of chat completions",
      { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
      "invalid_value",
    ],
    [
      "an assistant's input",
      { input: [{ role: "assistant", content: [{ type: "input_text", text: "x" }] }] },
      "invalid_value",
    ],
    [
      "an output without its call",
      { input: [{ type: "function_call_output", call_id: "c", output: "x" }] },
      null,
      "input",
    ],
    [
      "a call without its output",
      { input: [{ type: "function_call", call_id: "c", name: "f", arguments: "" }] },
      null,
      "input",
    ],
    [
      "a schema without a name",
      { text: { format: { type: "json_schema", schema: {} } } },
      "missing_required_parameter",
    ],
    ["stream options of a whole answer", { stream_options: {} }, null, "stream_options"],
  ])("refuses %s", async (_what, body, code, param?: string) => {
    expect(await send(body)).toMatchObject({ status: 400, code, ...(param !== undefined && { param }) });
  });
});

describe("the mock's chat completions", () => {
  const messages = [{ role: "user" as const, content: "Hi" }];
  const tools = [{ type: "function" as const, function: { name: "f" } }];

  it.each([
    ["gpt-6-luna", undefined, 400],
    ["gpt-5.4", "low" as const, 400],
    ["gpt-5.5-pro", "low" as const, 404],
    ["gpt-6-luna", "none" as const, 200],
    ["gpt-5.4", undefined, 200],
  ])("answer tools of %s with the effort %s by %i", async (model, reasoning_effort, status) => {
    const asked = openai.chat.completions.create({
      model,
      messages,
      tools,
      ...(reasoning_effort && { reasoning_effort }),
    });
    const answered = await asked.then(
      () => 200,
      (error: unknown) => (error as { status: number }).status,
    );
    expect(answered).toBe(status);
  });
});
