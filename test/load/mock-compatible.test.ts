import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { DEVIATIONS } from "../../load/mock/deviation.ts";
import { marked, mockForTests } from "./mock-clients.ts";

const { mock } = await mockForTests();
const URL = `${mock.compatibleBaseUrl}/chat/completions`;

/** What the compatible server sends for a question, as text. */
async function ask(content: string, more: object = {}, headers: Record<string, string> = {}): Promise<string> {
  const body = JSON.stringify({ model: "Some/Model", messages: [{ role: "user", content }], ...more });
  const type = { "content-type": "application/json" };
  return (await fetch(URL, { method: "POST", body, headers: { ...type, ...headers } })).text();
}

const STREAM = { stream: true, stream_options: { include_usage: true } };

describe("the server that is compatible with OpenAI", () => {
  it("answers without a key, and notes one in either header", async () => {
    await ask("x");
    await ask("x", {}, { authorization: "Bearer sk-1" });
    await ask("x", {}, { "api-key": "sk-2" });
    expect(mock.calls().map(({ key, provider }) => [provider, key])).toEqual([
      ["compatible", ""],
      ["compatible", "sk-1"],
      ["compatible", "sk-2"],
    ]);
    const model = await fetch(`${mock.compatibleBaseUrl}/models/Some%2FModel`);
    expect(await model.json()).toMatchObject({ id: "Some/Model" });
  });

  it("deviates in all the usual ways", async () => {
    const whole: unknown = JSON.parse(await ask(marked({ answer: "hello" })));
    expect(whole).toMatchObject({
      choices: [{ message: { content: [{ type: "text", text: "hello" }] }, finish_reason: "" }],
    });
    expect(whole).not.toHaveProperty("usage");
    const events = (await ask(marked({ answer: "hello" }), STREAM)).split("\n\n");
    expect(events.filter((event) => event === "data: ")).not.toEqual([]);
    expect(events.some((event) => event.includes('"usage":{'))).toBe(false);
    const reasons = events.flatMap((event) => /"finish_reason":"(\w*)"/.exec(event)?.[1] ?? []);
    expect([...new Set(reasons)]).toEqual(["", "stop"]);
    expect(events.at(-2)).toBe("data: [DONE]");
  });

  it("deviates in none where the profile names none, so that the SDK reads it", async () => {
    const openai = new OpenAI({ baseURL: mock.compatibleBaseUrl, apiKey: "sk", maxRetries: 0, logLevel: "off" });
    const messages = [{ role: "user" as const, content: marked({ answer: "hello", deviations: [] }) }];
    const { choices, usage } = await openai.chat.completions.create({ model: "m", messages });
    expect([choices[0]?.message.content, choices[0]?.finish_reason]).toEqual(["hello", "stop"]);
    expect(usage?.completion_tokens).toBe(2);
  });

  it.each(DEVIATIONS)("may deviate by %s alone", async (deviation) => {
    const text = await ask(marked({ answer: "hello", deviations: [deviation] }), STREAM);
    const shown = {
      content_parts: text.includes('"content":[{'),
      empty_finish_reason: text.includes('"finish_reason":""'),
      missing_usage: !text.includes('"usage":{'),
      empty_data: text.includes("data: \n\n"),
    };
    expect(Object.entries(shown).flatMap(([name, isShown]) => (isShown ? [name] : []))).toEqual([deviation]);
  });
});
