import type { Config } from "../config.ts";
import { listAudit, sweepAudit } from "../services/audit/read-audit.ts";
import { AuditRepository } from "../storage/audit/audit-repository.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock } from "./runtime.ts";

/** The use cases of the audit log. */
export type AuditServices = ReturnType<typeof buildAudit>;

/** Builds the use cases of the audit log. */
export function buildAudit({ auditKeptMs: keptMs }: Config, shards: Shards) {
  const deps = { ...clock, keptMs, audit: new AuditRepository(shards) };
  return { listAudit: bind(listAudit, deps), sweepAudit: bind(sweepAudit, deps) };
}
