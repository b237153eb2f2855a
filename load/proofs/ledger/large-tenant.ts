import type { Execution } from "../../../src/domain/executions/execution.ts";
import { newId } from "../../../src/domain/id.ts";
import type { Lane } from "../../../src/domain/lane.ts";
import { hourOf } from "../../../src/domain/ledger/periods.ts";
import { unitAt } from "../../harness/random.ts";
import { seededWords } from "../../mock/words.ts";

/** What the executions of the large tenant are told apart by. Each is drawn by itself. */
export const CARDINALITY = "40 prompts x 3 versions x 3 models x 2 providers x 6 keys x 3 lanes, 6 tags, 10,000 users";

const LANES: Lane[] = ["high", "standard", "batch"];
const PROVIDERS = ["openai", "anthropic"] as const;
const USERS = 10_000;
/** Answers are pieces of this text, of 100 to 700 characters: words of a vocabulary of 45. */
const TEXT = Array.from({ length: 500 }, (_, seed) => seededWords(seed)).join(" ");

/** The nth execution of the large tenant. One in 20,000 failed. */
export function executionAt(tenant_id: string, created_at: number, n: number): Execution {
  const below = (count: number, ordinal: number) => Math.floor(unitAt(n, ordinal) * count);
  const [prompt, provider, model] = [below(40, 1), PROVIDERS[below(2, 2)] ?? "openai", `model-${below(3, 3)}`];
  const [prompt_tokens, completion_tokens] = [200 + below(700, 4), 50 + below(150, 5)];
  const nanousd = { input: prompt_tokens * 150, output: completion_tokens * 600 };
  const at = below(TEXT.length - 1_000, 6);
  return {
    id: newId("exe", created_at),
    tenant_id,
    key_id: `key_01900000-0000-7000-8000-00000000000${below(6, 7)}`,
    status: n % 20_000 === 7 ? "failed" : "succeeded",
    prompt_name: `support/prompt-${prompt}`,
    prompt_version: 1 + below(3, 8),
    prompt_label: "production",
    prompt_tags: [`team-${prompt % 4}`, prompt % 2 === 0 ? "chat" : "search"],
    lane: LANES[below(3, 9)] ?? "standard",
    provider,
    model,
    output: TEXT.slice(at, at + 100 + below(600, 10)),
    output_truncated: false,
    finish_reason: "stop",
    prompt_tokens,
    completion_tokens,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: nanousd.input + nanousd.output,
    price_table: "proof",
    latency_ms: 900 + below(800, 11),
    attempts: 1,
    error: null,
    end_user: `user-${below(USERS, 12)}`,
    metadata: { ticket: String(n) },
    created_at,
    cached: null,
    saved_nanousd: null,
    calls: [
      {
        provider,
        model,
        hour: hourOf(created_at),
        calls: 1,
        uncounted: 0,
        unpriced: 0,
        lines: [
          { kind: "input", tokens: prompt_tokens, nanousd: nanousd.input },
          { kind: "output", tokens: completion_tokens, nanousd: nanousd.output },
        ],
      },
    ],
  };
}
