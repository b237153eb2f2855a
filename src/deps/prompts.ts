import type { RecordCache, Staleness } from "../cache/records.ts";
import type { WebhookEvent } from "../domain/webhooks/webhook-event.ts";
import { deletePrompt } from "../services/prompts/delete-prompt.ts";
import { diffVersions } from "../services/prompts/diff-versions.ts";
import { listPrompts } from "../services/prompts/list-prompts.ts";
import { listVersions } from "../services/prompts/list-versions.ts";
import { deleteAlias, findAlias, listAliases, putAlias } from "../services/prompts/manage-aliases.ts";
import { publishPrompt } from "../services/prompts/publish-prompt.ts";
import { purgeAnswers } from "../services/prompts/purge-answers.ts";
import { resolveAlias } from "../services/prompts/resolve-alias.ts";
import { hasPrompt, type ResolvePrompt, resolvePrompt } from "../services/prompts/resolve-prompt.ts";
import { followMove, sweepMoves } from "../services/prompts/label-records.ts";
import { deleteLabel } from "../services/prompts/move-label.ts";
import { listLabels, listMoves } from "../services/prompts/read-labels.ts";
import { rollbackLabel } from "../services/prompts/rollback-label.ts";
import type { PublishEvent } from "../services/webhooks/publish-event.ts";
import { AliasRepository } from "../storage/prompts/aliases.ts";
import { LabelRepository } from "../storage/prompts/labels.ts";
import { PromptRepository } from "../storage/prompts/prompts.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, report } from "./runtime.ts";

/** The use cases of prompts. */
export type PromptServices = ReturnType<typeof buildPrompts>;

/** What prompts are built over. `staleness` applies to pointers and aliases. */
export interface PromptParts {
  records: RecordCache;
  staleness: Staleness;
  publishEvent: PublishEvent;
}

/** Builds the use cases of prompts. */
export function buildPrompts(shards: Shards, { publishEvent, ...parts }: PromptParts) {
  const announce = async (tenantId: string, event: WebhookEvent) =>
    publishEvent(tenantId, event).catch((error: unknown) => report("event_unpublished", error, { event: event.key }));
  const repositories = {
    prompts: new PromptRepository(shards),
    aliases: new AliasRepository(shards),
    labels: new LabelRepository(shards),
  };
  const onError = (event: string, id: string, error: unknown) => report(event, error, { id });
  const known = { ...clock, ...parts, ...repositories, announce, publishEvent, onError };
  const deps = { ...known, follow: bind(followMove, known) };
  const resolve: ResolvePrompt = bind(resolvePrompt, deps);
  return {
    publishPrompt: bind(publishPrompt, { ...deps, resolve }),
    deleteLabel: bind(deleteLabel, deps),
    rollbackLabel: bind(rollbackLabel, deps),
    listLabels: bind(listLabels, deps),
    listMoves: bind(listMoves, deps),
    sweepMoves: bind(sweepMoves, deps),
    deletePrompt: bind(deletePrompt, deps),
    purgeAnswers: bind(purgeAnswers, deps),
    listPrompts: bind(listPrompts, deps),
    diffVersions: bind(diffVersions, deps),
    listVersions: bind(listVersions, deps),
    resolvePrompt: resolve,
    hasPrompt: bind(hasPrompt, deps),
    resolveAlias: bind(resolveAlias, deps),
    putAlias: bind(putAlias, deps),
    listAliases: bind(listAliases, deps),
    findAlias: bind(findAlias, deps),
    deleteAlias: bind(deleteAlias, deps),
  };
}
