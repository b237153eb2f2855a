import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { importPrompt } from "../../domain/prompts/import/import-prompt.ts";
import { LATEST_LABEL, type PromptPointer, type SplitArm } from "../../domain/prompts/label.ts";
import type { SourceFormat } from "../../domain/prompts/prompt.ts";
import type { RecordCache } from "../../cache/records.ts";
import { sha256Hex } from "../../lib/hash.ts";
import type { PromptRepository, VersionRow } from "../../storage/prompts/prompts.ts";
import type { Clock } from "../../lib/clock.ts";
import { pointerKey } from "./resolve-prompt.ts";

/** Writing of prompts: versions, labels, deletion. */
export interface PublishPrompt {
  /** Imports a source and adds it as a version, unless the newest has the same bytes. */
  publish(
    tenantId: string,
    name: string,
    source: string,
    format: SourceFormat,
  ): Promise<{ version: VersionRow; created: boolean; pointer: PromptPointer }>;
  /** Points a label at one version or splits it among several. */
  setLabel(tenantId: string, name: string, label: string, split: SplitArm[]): Promise<void>;
  delete(tenantId: string, name: string): Promise<void>;
  /** Drops the prompt's stored answers: what was stored before is not found again. */
  purge(tenantId: string, name: string): Promise<void>;
}

/** What {@link createPublishPrompt} needs. */
export interface PublishPromptDeps extends Clock {
  prompts: PromptRepository;
  records: Pick<RecordCache, "write" | "refresh">;
}

/** The service. */
export function createPublishPrompt(deps: PublishPromptDeps): PublishPrompt {
  /** After a write: whoever asks here sees it at once, everyone within the bound on staleness. */
  async function changed(tenantId: string, name: string): Promise<PromptPointer | undefined> {
    return deps.records.refresh(pointerKey(tenantId, name), async () => deps.prompts.pointer(tenantId, name));
  }
  return {
    async publish(tenantId, name, source, format) {
      const { definition, warnings } = importPrompt(source, format, name);
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
      const pointer = await changed(tenantId, name);
      if (!pointer) throw new AppError("conflict", "The prompt was deleted while this version was published.");
      return { ...published, pointer };
    },
    async setLabel(tenantId, name, label, split) {
      if (label === LATEST_LABEL) {
        throw invalid([{ path: "label", message: "`latest` follows the newest version by itself and cannot be set" }]);
      }
      if (!(await deps.prompts.pointer(tenantId, name))) throw notFound("prompt");
      const known = await Promise.all(split.map((arm) => deps.prompts.version(tenantId, name, arm.version)));
      const single = split.length === 1;
      const faults = split.flatMap((arm, index) =>
        known[index]
          ? []
          : [{ path: single ? "version" : `split.${index}.version`, message: `version ${arm.version} does not exist` }],
      );
      if (faults.length > 0) throw invalid(faults);
      await deps.prompts.setLabel(tenantId, name, label, split, deps.now());
      await changed(tenantId, name);
    },
    async delete(tenantId, name) {
      if (!(await deps.prompts.delete(tenantId, name, deps.now()))) throw notFound("prompt");
      await deps.records.write(pointerKey(tenantId, name), null);
    },
    async purge(tenantId, name) {
      if (!(await deps.prompts.purge(tenantId, name))) throw notFound("prompt");
      await changed(tenantId, name);
    },
  };
}
