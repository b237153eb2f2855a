import { describe, expect, it } from "vitest";
import { type SaidInAnswer, saidIn } from "../../../src/domain/completions/answer.ts";
import { cacheKeyText } from "../../../src/domain/completions/cache-key.ts";
import type { Completion, Said } from "../../../src/domain/completions/completion.ts";
import type { Message, ReasoningBlock } from "../../../src/domain/completions/message.ts";
import { maxPromptTokens } from "../../../src/domain/completions/prompt-bound.ts";
import { estimateTokens } from "../../../src/domain/completions/token-estimate.ts";
import { withoutUnasked } from "../../../src/domain/completions/without-unasked.ts";
import { world } from "../../support/obtain-world.ts";

const FIRST: ReasoningBlock = { type: "thinking", thinking: "x".repeat(3_000), signature: "s1" };
const SEALED: ReasoningBlock = { type: "redacted_thinking", data: "d" };
const SECOND: ReasoningBlock = { type: "reasoning", id: "rs", summary: ["One.", "Two."], encrypted_content: "e" };
const BLOCKS = [FIRST, SEALED, SECOND];
const REASONING = `${"x".repeat(3_000)}One.\n\nTwo.`;

/** What was said, with the pieces of each kind joined up to the end of a block. */
function joined(parts: Iterable<Said>): Said[] {
  const all: Said[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.type === "reasoning" && last?.type === "reasoning" && !last.block) {
      all[all.length - 1] = { ...part, text: last.text + part.text };
    } else all.push(part);
  }
  return all;
}

describe("a replayed answer", () => {
  it("ends each block of its reasoning with the text of that block", () => {
    const answer: SaidInAnswer = { text: "Hi", reasoning: REASONING, reasoning_blocks: BLOCKS };
    expect(joined(saidIn(answer))).toEqual([
      { type: "reasoning", text: "x".repeat(3_000), block: FIRST },
      { type: "reasoning", text: "", block: SEALED },
      { type: "reasoning", text: "One.\n\nTwo.", block: SECOND },
      { type: "text", text: "Hi" },
    ]);
  });

  it("says all of its reasoning first where not all of it is in blocks", () => {
    const answer: SaidInAnswer = { text: "Hi", reasoning: "More.", reasoning_blocks: [SEALED] };
    expect([...saidIn(answer)]).toEqual([
      { type: "reasoning", text: "More." },
      { type: "reasoning", text: "", block: SEALED },
      { type: "text", text: "Hi" },
    ]);
  });
});

describe("the blocks of reasoning in an answer", () => {
  const completion: Completion = {
    text: "Hi",
    reasoning: REASONING,
    reasoning_blocks: BLOCKS,
    finish_reason: "stop",
    usage: null,
    model: "m",
  };
  const request = { provider: "anthropic", model: "m", messages: [], parameters: {} };

  it("are there for a caller who asks for reasoning only", () => {
    expect(withoutUnasked({ ...request, reasoning: true }, completion)).toEqual(completion);
    expect(withoutUnasked(request, completion)).not.toHaveProperty("reasoning_blocks");
  });

  it("are in the stored answer, and in the one that a flight shares", async () => {
    const { obtain, nextCall, settle } = world();
    const call = nextCall();
    const leader = obtain();
    const made = await call;
    const follower = obtain();
    made.finish("stop", { reasoning: REASONING, reasoning_blocks: BLOCKS });
    await leader;
    const shared = await follower;
    await settle();
    const stored = await obtain();
    expect([shared.cached, stored.cached]).toEqual(["flight", "memory"]);
    for (const { parts } of [shared, stored]) {
      const all = [];
      for await (const part of parts) all.push(part);
      const blocks = all.flatMap((part) => (part.type === "reasoning" && part.block ? [part.block] : []));
      expect(blocks).toEqual(BLOCKS);
      expect(all.at(-1)).toMatchObject({ type: "answer", answer: { reasoning_blocks: BLOCKS } });
    }
  });
});

describe("the blocks of reasoning in a message", () => {
  const bare: Message = { role: "assistant", content: "Hi" };
  const message: Message = { ...bare, reasoning_blocks: BLOCKS };
  const bytes = JSON.stringify(BLOCKS).length;

  it("count in the estimate of its tokens, and in their bound", () => {
    expect(estimateTokens([message]) - estimateTokens([bare])).toBe(Math.ceil(bytes / 4));
    expect(maxPromptTokens({ messages: [message] }) - maxPromptTokens({ messages: [bare] })).toBe(bytes);
  });

  it("are in the cache key, which is the same as ever without them", () => {
    const parts = { tenant_id: "t", content_hash: "h", epoch: 0, provider: "openai", model: "m", parameters: {} };
    expect(cacheKeyText({ ...parts, messages: [message] })).not.toBe(cacheKeyText({ ...parts, messages: [bare] }));
    expect(cacheKeyText({ ...parts, messages: [bare] })).toContain('"messages":[{"content":"Hi","role":"assistant"}]');
  });
});
