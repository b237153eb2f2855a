import type { PromptDefinition } from "../prompts/prompt.ts";
import type { PromptCandidate } from "./optimization.ts";
import type { PromptMessages } from "./prompt-texts.ts";
import { type Level, LEVELS, shortenMessages } from "./shorten-text.ts";
import { EXAMPLE_SHARES, withFewerExamples } from "./surplus-examples.ts";

/**
 * The version, and what can be made of it without a model: what the fixed passes of each level up to
 * the boldest one leave, and of all but the safe one the same with fewer examples. Candidates with
 * the same messages are listed once, with the level that changes the least.
 */
export function draftCandidates(
  { messages, output_schema }: Pick<PromptDefinition, "messages" | "output_schema">,
  boldest: Level,
  estimate: (messages: PromptMessages) => number,
): PromptCandidate[] {
  const candidates: PromptCandidate[] = [];
  const seen = new Set<string>();
  const add = (made: PromptMessages, rest: Pick<PromptCandidate, "origin" | "level" | "changes" | "parent">) => {
    const text = JSON.stringify(made);
    if (seen.has(text)) return;
    seen.add(text);
    candidates.push({ ...rest, messages: made, estimated_tokens: estimate(made) });
  };
  add(messages, { origin: "original", changes: [], parent: null });
  for (const level of LEVELS.slice(0, LEVELS.indexOf(boldest) + 1)) {
    const short = shortenMessages(messages, { level, schema: output_schema });
    add(short.messages, { origin: "passes", level, changes: short.passes, parent: 0 });
    if (level === "safe") continue;
    for (const share of EXAMPLE_SHARES) {
      const { messages: made, dropped } = withFewerExamples(short.messages, share);
      if (dropped === 0) continue;
      const changes = [...short.passes, `without ${dropped} ${dropped === 1 ? "example" : "examples"}`];
      add(made, { origin: "fewer_examples", level, changes, parent: 0 });
    }
  }
  return candidates;
}
