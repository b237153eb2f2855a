import { AppError } from "../../domain/errors.ts";
import { finishPrompt, readPrompt } from "../../domain/prompts/import/import-prompt.ts";
import type { PromptPointer } from "../../domain/prompts/label.ts";
import type { PromptDefinition, SourceFormat } from "../../domain/prompts/prompt.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { checkRowSize } from "./check-row-size.ts";
import { type AnnouncedChangeDeps, refreshPointer } from "./prompt-records.ts";
import { resolveIncludes } from "./resolve-includes.ts";
import type { PromptVersion, ResolvePrompt } from "./resolve-prompt.ts";

/** The file to publish under the name of a prompt. */
export interface PromptSource {
  name: string;
  source: string;
  format: SourceFormat;
  /** Which newest version the caller has seen; any where it is absent. */
  expected?: ExpectedVersion;
  /** That of the request, for those who are told of the version. */
  traceparent?: string;
}

/** The newest version must be one of these, or `any` that exists. */
export type ExpectedVersion = "any" | readonly number[];

/** A published version. `created` is false if the newest version had the same content already. */
export interface PublishedPrompt {
  version: PromptVersion;
  created: boolean;
  pointer: PromptPointer;
}

/**
 * Imports a file, with the other prompts that it includes, and adds it as a version, unless the
 * newest version has the same content. Throws the errors of `importPrompt`, `payload_too_large` for
 * a file that fills more than a row, `precondition_failed` where the newest version is not the
 * expected one, and `conflict` if the prompt is deleted meanwhile.
 */
export async function publishPrompt(
  deps: AnnouncedChangeDeps & { resolve: ResolvePrompt },
  tenantId: string,
  { name, source, format, expected, traceparent }: PromptSource,
): Promise<PublishedPrompt> {
  const draft = readPrompt(source, format, name);
  const included = await resolveIncludes(deps.resolve, tenantId, draft.references);
  const { definition, warnings } = finishPrompt(draft, included);
  checkRowSize("prompt", [source, JSON.stringify(definition), JSON.stringify(warnings)]);
  const newest =
    expected && expectNewest("prompt", name, (await deps.prompts.pointer(tenantId, name))?.latest_version, expected);
  const file = {
    tenant_id: tenantId,
    name,
    content_hash: await sha256Hex(contentOf(source, definition)),
    format,
    source,
    definition,
    warnings,
    created_at: deps.now(),
  };
  const published = await deps.prompts.publish(file, newest);
  if (!published) throw notNewest(name, newest);
  const pointer = await refreshPointer(deps, tenantId, name);
  if (!pointer) throw new AppError("conflict", "The prompt was deleted while this version was published.");
  const { version, content_hash, created_at } = published.version;
  if (published.created) {
    const key = `prompt.published/${name}/${version}/${created_at}`;
    const data = { prompt: name, version, content_hash };
    await deps.announce(tenantId, { type: "prompt.published", key, prompt: name, at: created_at, data, traceparent });
  }
  return { ...published, pointer };
}

/**
 * The file, and which versions it pins: the same file has another content once a label that it
 * includes has moved.
 */
function contentOf(source: string, { includes }: PromptDefinition): string {
  if (!includes) return source;
  return [source, ...includes.map(({ name, version }) => `${name}#${version}`)].join("\n");
}

/**
 * The number of the newest version of a prompt or chain, which must stay that; undefined where any
 * will do. `newest` is undefined where there is none. Throws `precondition_failed` where another
 * one is expected.
 */
export function expectNewest(
  noun: "prompt" | "chain",
  name: string,
  newest: number | undefined,
  expected: ExpectedVersion,
): number | undefined {
  if (newest === undefined) throw outdated(`There is no ${noun} "${name}".`);
  if (expected === "any") return undefined;
  if (expected.includes(newest)) return newest;
  throw outdated(`The newest version of "${name}" is ${newest}.`);
}

/** A 412 where the newest version changed between two statements. */
export function notNewest(name: string, newest: number | undefined): AppError {
  return outdated(`The newest version of "${name}" is no longer ${newest}.`);
}

function outdated(detail: string): AppError {
  return new AppError("precondition_failed", `${detail} Nothing was published.`);
}
