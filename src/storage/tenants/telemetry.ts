import { eq } from "drizzle-orm";
import { originOf } from "../../domain/audit/audit-entry.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
import { tenantTelemetry } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** The row of a tenant's collector. Its headers are ciphertext. */
export type TelemetryRow = typeof tenantTelemetry.$inferSelect;

/** Where tenants have their traces sent, on the tenant's shard. */
export class TelemetryRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Writes or replaces a tenant's row. `created` says whether it had none. */
  async put(row: TelemetryRow): Promise<{ row: TelemetryRow; created: boolean }> {
    const { tenant_id: _tenant, created_at: _created, ...change } = row;
    const { sample, content, header_names } = row;
    const db = this.#shards.of(row.tenant_id);
    const put = db
      .insert(tenantTelemetry)
      .values(row)
      .onConflictDoUpdate({ target: tenantTelemetry.tenant_id, set: change })
      .returning();
    const to = { origin: originOf(row.otlp_endpoint), sample, content, header_names };
    const [, [written]] = await db.batch(audited(db, noteOf("telemetry.set", row.tenant_id, { to }), put));
    if (!written) throw new Error("a collector was not written");
    return { row: written, created: written.created_at === row.created_at };
  }

  async find(tenantId: string): Promise<TelemetryRow | undefined> {
    return this.#shards
      .of(tenantId)
      .select()
      .from(tenantTelemetry)
      .where(eq(tenantTelemetry.tenant_id, tenantId))
      .get();
  }

  /** False where there was none. */
  async delete(tenantId: string): Promise<boolean> {
    const db = this.#shards.of(tenantId);
    const change = db
      .delete(tenantTelemetry)
      .where(eq(tenantTelemetry.tenant_id, tenantId))
      .returning({ tenant_id: tenantTelemetry.tenant_id });
    const [, gone] = await db.batch(audited(db, noteOf("telemetry.deleted", tenantId), change));
    return gone.length > 0;
  }
}

function noteOf(
  action: "telemetry.set" | "telemetry.deleted",
  tenant_id: string,
  detail: AuditNote["detail"] = {},
): AuditNote {
  const isTenant = eq(tenantTelemetry.tenant_id, tenant_id);
  const from = rowAsJson(tenantTelemetry, ["sample", "content", "header_names"], isTenant);
  return { tenant_id, action, object: "telemetry", detail: { from, ...detail } };
}
