import { describe, expect, it } from "vitest";
import type { ReasoningBlock } from "../../../../src/domain/completions/message.ts";
import {
  isSealed,
  sealReasoning,
  unsealReasoning,
  withUnsealedInput,
} from "../../../../src/domain/doors/responses/sealed-reasoning.ts";
import { REASONING } from "./bodies.ts";

const BLOCKS: ReasoningBlock[] = [
  { type: "thinking", thinking: "Hm. 🌦 ", signature: "c2ln+/==" },
  { type: "redacted_thinking", data: "cmVk" },
  { type: "reasoning", id: "rs_0123", summary: ["The weather, then."], encrypted_content: "gAAAA" },
];

const sealed = (block: ReasoningBlock, id = "rs_exe_1_0") => ({
  type: "reasoning",
  id,
  summary: [],
  encrypted_content: sealReasoning(block),
});

describe("sealed reasoning", () => {
  it.each(BLOCKS)("is the same once it is unsealed: $type", (block) => {
    const text = sealReasoning(block) ?? "";
    expect(isSealed(text)).toBe(true);
    expect(unsealReasoning(text)).toEqual(block);
  });

  it("is none of a block that no provider takes back", () => {
    expect(sealReasoning({ type: "reasoning", id: "rs_1", summary: ["Hm."] })).toBeUndefined();
  });

  it.each([
    { type: "thinking", thinking: "x" },
    { type: "redacted_thinking" },
    { type: "reasoning", id: "rs_1", summary: [1], encrypted_content: "x" },
    { type: "other" },
    null,
  ])("is none where it was changed to %j", (value) => {
    expect(unsealReasoning(`pbt:${Buffer.from(JSON.stringify(value)).toString("base64")}`)).toBeUndefined();
  });

  it("is given to OpenAI as OpenAI gave it, and that of others stays", () => {
    const [thinking, , own] = BLOCKS;
    if (!thinking || !own) throw new Error("There are blocks of both providers.");
    const other = sealed(thinking);
    const message = { role: "user", content: "?" };
    const body = { model: "gpt-6-sol", input: [sealed(own), other, REASONING, message, "x"] };
    expect(withUnsealedInput(body)).toEqual({ ...body, input: [REASONING, other, REASONING, message, "x"] });
  });

  it.each([{ input: "Hello" }, { input: [REASONING] }, {}])("is not in %j, which stays itself", (body) => {
    expect(withUnsealedInput(body)).toBe(body);
  });
});
