import { type AuditEntry, type AuditFilter } from "../../domain/audit/audit-entry.ts";
import { decodeCursor, type Page } from "../../domain/page.ts";
import type { Clock } from "../../lib/clock.ts";
import type { AuditRepository } from "../../storage/audit/audit-repository.ts";

/** What reading the audit log needs. */
export interface AuditDeps extends Clock {
  audit: Pick<AuditRepository, "list" | "namesOf" | "deleteBefore">;
  /** How long entries are kept, ms. */
  keptMs: number;
}

/** An entry, with the name of the key that made the change; null for any other actor. */
export interface NamedEntry {
  entry: AuditEntry;
  actor_name: string | null;
}

/** A page of a tenant's audit log, newest first. Throws a 422 for a bad cursor. */
export async function listAudit(
  { audit }: Pick<AuditDeps, "audit">,
  tenantId: string,
  { cursor, ...query }: AuditFilter & { limit: number; cursor?: string },
): Promise<Page<NamedEntry>> {
  const before = decodeCursor("audit", cursor);
  const { data, next_cursor } = await audit.list(tenantId, { ...query, ...(before !== undefined && { before }) });
  const actors = new Set(data.map(({ actor }) => actor));
  const names = data.length === 0 ? new Map<string, string>() : await audit.namesOf(tenantId, [...actors]);
  return { data: data.map((entry) => ({ entry, actor_name: names.get(entry.actor) ?? null })), next_cursor };
}

/** Deletes entries that have been kept long enough, in bounded steps. Returns how many. */
export async function sweepAudit(deps: AuditDeps): Promise<number> {
  return deps.audit.deleteBefore(deps.now() - deps.keptMs);
}
