import { eq } from "drizzle-orm";
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
    const written = await this.#shards
      .of(row.tenant_id)
      .insert(tenantTelemetry)
      .values(row)
      .onConflictDoUpdate({ target: tenantTelemetry.tenant_id, set: change })
      .returning()
      .get();
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
    const gone = await this.#shards
      .of(tenantId)
      .delete(tenantTelemetry)
      .where(eq(tenantTelemetry.tenant_id, tenantId))
      .returning({ tenant_id: tenantTelemetry.tenant_id });
    return gone.length > 0;
  }
}
