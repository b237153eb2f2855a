import type { RecordCache, Staleness } from "../cache/records.ts";
import { deletePrompt } from "../services/prompts/delete-prompt.ts";
import { listPrompts } from "../services/prompts/list-prompts.ts";
import { listVersions } from "../services/prompts/list-versions.ts";
import { publishPrompt } from "../services/prompts/publish-prompt.ts";
import { purgeAnswers } from "../services/prompts/purge-answers.ts";
import { type ResolvePrompt, resolvePrompt } from "../services/prompts/resolve-prompt.ts";
import { setLabel } from "../services/prompts/set-label.ts";
import type { PromptRepository } from "../storage/prompts/prompts.ts";
import { bind } from "./bind.ts";
import { clock } from "./runtime.ts";

/** The use cases of prompts. */
export type PromptServices = ReturnType<typeof buildPrompts>;

/** Builds the use cases of prompts. `staleness` applies to the pointers. */
export function buildPrompts(prompts: PromptRepository, records: RecordCache, staleness: Staleness) {
  const deps = { ...clock, prompts, records, staleness };
  const resolve: ResolvePrompt = bind(resolvePrompt, deps);
  return {
    publishPrompt: bind(publishPrompt, deps),
    setLabel: bind(setLabel, deps),
    deletePrompt: bind(deletePrompt, deps),
    purgeAnswers: bind(purgeAnswers, deps),
    listPrompts: bind(listPrompts, deps),
    listVersions: bind(listVersions, deps),
    resolvePrompt: resolve,
  };
}
