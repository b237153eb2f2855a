import { describe, expect, it } from "vitest";

import { wrongAnswer } from "../../load/mock/chance-model.ts";
import { marked, mockForTests } from "./mock-clients.ts";

const { mock, openai, anthropic } = await mockForTests({ seed: 7 });

const CALLS = 20_000;
const wrongIn = (model: string, seed: number) =>
  Array.from({ length: CALLS }, (_, seq) => wrongAnswer(model, seed, seq) !== undefined);
const shareOf = (wrong: boolean[]) => wrong.filter(Boolean).length / wrong.length;

describe("the model that is right by chance", () => {
  it("is wrong as often as its name says, independently of the call before, of the seed and of other models", () => {
    const wrong = wrongIn("mock-right-0.8", 1);
    expect(shareOf(wrong)).toBeCloseTo(0.2, 2);
    expect(shareOf(wrong.filter((_, at) => wrong[at - 1]))).toBeCloseTo(0.2, 1);
    for (const other of [wrongIn("mock-right-0.8", 2), wrongIn("mock-right-0.80", 1)]) {
      expect(shareOf(other.filter((_, at) => wrong[at]))).toBeCloseTo(0.2, 1);
    }
    expect([shareOf(wrongIn("mock-right-1", 1)), shareOf(wrongIn("mock-right-0", 1))]).toEqual([0, 1]);
    expect(shareOf(wrongIn("mock-right-2", 1))).toBe(0);
  });

  it("says what its profile asks for, or wrong, again after a reset", async () => {
    const says = async () => {
      mock.reset();
      const texts: (string | null | undefined)[] = [];
      for (let at = 0; at < 12; at++) {
        const messages = [{ role: "user" as const, content: marked({ answer: "yes" }) }];
        const { choices } = await openai.chat.completions.create({ model: "mock-right-0.5", messages });
        texts.push(choices[0]?.message.content);
      }
      return texts;
    };
    const first = await says();
    expect(new Set(first)).toEqual(new Set(["yes", "wrong"]));
    expect(await says()).toEqual(first);
  });

  it("calls no tool where it is wrong", async () => {
    const { content } = await anthropic.messages.create({
      model: "mock-right-0",
      max_tokens: 99,
      messages: [{ role: "user", content: marked({ calls_tools: true }) }],
      tools: [{ name: "get_time", input_schema: { type: "object", properties: {} } }],
    });
    expect(content).toEqual([expect.objectContaining({ type: "text", text: "wrong" })]);
  });
});
