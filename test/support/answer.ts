import type { Answer } from "../../src/domain/completions/answer.ts";

/** A whole answer with the text `text`. */
export function answer(text: string, change: Partial<Answer> = {}): Answer {
  return {
    execution_id: "exe_1",
    text,
    finish_reason: "stop",
    provider: "openai",
    model: "gpt-4o-mini",
    prompt_tokens: 3,
    completion_tokens: 5,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: 70,
    price_table: "prices@1",
    ...change,
  };
}
