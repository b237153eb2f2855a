import { AppError } from "../../domain/errors.ts";
import { importPrompt } from "../../domain/prompts/import/import-prompt.ts";
import type { PromptPointer } from "../../domain/prompts/label.ts";
import type { SourceFormat } from "../../domain/prompts/prompt.ts";
import { byteLength } from "../../lib/encoding.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { type AnnouncedChangeDeps, refreshPointer } from "./prompt-records.ts";
import type { PromptVersion } from "./resolve-prompt.ts";

/** The file to publish under the name of a prompt. */
export interface PromptSource {
  name: string;
  source: string;
  format: SourceFormat;
}

/** A published version. `created` is false if the newest version had the same content already. */
export interface PublishedPrompt {
  version: PromptVersion;
  created: boolean;
  pointer: PromptPointer;
}

/**
 * Imports a file and adds it as a version, unless the newest version has the same bytes. Throws the
 * errors of {@link importPrompt}, `payload_too_large` for a file that fills more than a row, and
 * `conflict` if the prompt is deleted meanwhile.
 */
export async function publishPrompt(
  deps: AnnouncedChangeDeps,
  tenantId: string,
  { name, source, format }: PromptSource,
): Promise<PublishedPrompt> {
  const { definition, warnings } = importPrompt(source, format, name);
  checkRowSize([source, JSON.stringify(definition), JSON.stringify(warnings)]);
  const published = await deps.prompts.publish({
    tenant_id: tenantId,
    name,
    content_hash: await sha256Hex(source),
    format,
    source,
    definition,
    warnings,
    created_at: deps.now(),
  });
  const pointer = await refreshPointer(deps, tenantId, name);
  if (!pointer) throw new AppError("conflict", "The prompt was deleted while this version was published.");
  const { version, content_hash, created_at } = published.version;
  if (published.created) {
    const key = `prompt.published/${name}/${version}/${created_at}`;
    const data = { prompt: name, version, content_hash };
    await deps.announce(tenantId, { type: "prompt.published", key, prompt: name, at: created_at, data });
  }
  return { ...published, pointer };
}

/** D1 takes two million bytes a row. The rest of the row, such as its name, has the difference. */
const MAX_ROW_BYTES = 1_990_000;

function checkRowSize(columns: readonly string[]): void {
  const bytes = columns.reduce((sum, text) => sum + byteLength(text), 0);
  if (bytes <= MAX_ROW_BYTES) return;
  const detail = `The prompt takes ${bytes} bytes with what was read from it; at most ${MAX_ROW_BYTES} can be stored.`;
  throw new AppError("payload_too_large", detail);
}
