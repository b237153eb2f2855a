import type { RecordCache } from "../../cache/records.ts";
import type { PromptPointer } from "../../domain/prompts/label.ts";
import type { WebhookEvent } from "../../domain/webhooks/webhook-event.ts";
import type { Clock } from "../../lib/clock.ts";
import type { PromptRepository } from "../../storage/prompts/prompts.ts";

/** The dependencies of the use cases that change prompts. */
export interface ChangePromptDeps extends Clock {
  prompts: PromptRepository;
  records: Pick<RecordCache, "write" | "refresh">;
}

/** What publishing a version and moving a label need. */
export interface AnnouncedChangeDeps extends ChangePromptDeps {
  /** Raises an event for the tenant's webhooks. A failure is only reported. */
  announce(tenantId: string, event: WebhookEvent): Promise<void>;
}

/** The key of the record of a prompt's pointer. */
export function pointerKey(tenantId: string, name: string): string {
  return `pointer/${tenantId}/${name}`;
}

/**
 * Reads a prompt's pointer back after a change, so that this isolate and data centre see the change
 * at once, and all others within the bound on staleness. Undefined if the prompt was deleted.
 */
export async function refreshPointer(
  { prompts, records }: Pick<ChangePromptDeps, "prompts" | "records">,
  tenantId: string,
  name: string,
): Promise<PromptPointer | undefined> {
  return records.refresh(pointerKey(tenantId, name), async () => prompts.pointer(tenantId, name));
}
