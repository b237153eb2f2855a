import { describe, expect, it } from "vitest";

import { marked, mockForTests } from "./mock-clients.ts";

const { openai, anthropic } = await mockForTests();

const CITY = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const CONTENT = marked({ calls_tools: true });
const NAMES = ["get_weather", "get_time"];
const functions = NAMES.map((name) => ({ name, parameters: CITY }));
const inChat = {
  model: "gpt-4o",
  messages: [{ role: "user" as const, content: CONTENT }],
  tools: functions.map((each) => ({ type: "function" as const, function: each })),
};

describe("a model that calls the tools it is offered", () => {
  it("calls each with arguments of its schema, in every wire format", async () => {
    const chat = await openai.chat.completions.create(inChat);
    const calls =
      chat.choices[0]?.message.tool_calls?.flatMap((call) => (call.type === "function" ? [call] : [])) ?? [];
    const response = await openai.responses.create({
      model: "gpt-4o",
      input: CONTENT,
      tools: functions.map((each) => ({ type: "function", strict: true, ...each })),
    });
    const message = await anthropic.messages.create({
      model: "claude",
      max_tokens: 99,
      messages: inChat.messages,
      tools: NAMES.map((name) => ({ name, input_schema: CITY })),
    });
    const made = [
      calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
      response.output.map((item) => item.type === "function_call" && [item.name, JSON.parse(item.arguments)]),
      message.content.map((block) => block.type === "tool_use" && [block.name, block.input]),
    ];
    for (const each of made) expect(each).toEqual(NAMES.map((name) => [name, { city: expect.any(String) }]));
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
  });

  it("calls only the one that is demanded", async () => {
    const choice = { type: "function" as const, function: { name: "get_time" } };
    const { choices } = await openai.chat.completions.create({ ...inChat, tool_choice: choice });
    expect(choices[0]?.message.tool_calls).toMatchObject([{ function: { name: "get_time" } }]);
  });

  it("says something once it has a result, and where no tools are offered", async () => {
    const { choices } = await openai.chat.completions.create(inChat);
    const [call] = choices[0]?.message.tool_calls ?? [];
    const messages = [
      ...inChat.messages,
      { role: "assistant" as const, tool_calls: call ? [call] : [] },
      { role: "tool" as const, tool_call_id: call?.id ?? "", content: "12 °C" },
    ];
    const next = await openai.chat.completions.create({ ...inChat, messages });
    expect(next.choices).toMatchObject([
      { finish_reason: "stop", message: { content: expect.stringContaining("mock") } },
    ]);
    const without = await openai.chat.completions.create({ model: "gpt-4o", messages: inChat.messages });
    expect(without.choices[0]?.finish_reason).toBe("stop");
  });
});
