import type { Intent } from "../../src/domain/executions/intent.ts";

/** An intent whose unknown end is 5 calls of 1,000 + 2,000 tokens of gpt-4o-mini. */
export function intentOf(id: string, startedAt: number, fields: Partial<Intent> = {}): Intent {
  return {
    id,
    key_id: "key",
    prompt_name: "p",
    prompt_version: 1,
    prompt_label: null,
    provider: "openai",
    model: "gpt-4o-mini",
    prompt_tokens: 1_000,
    max_tokens: 2_000,
    attempts: 5,
    started_at: startedAt,
    end_user: null,
    metadata: null,
    ...fields,
  };
}
