import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { MoveCause } from "../domain/prompts/label-move.ts";
import type { SplitArm } from "../domain/prompts/label.ts";

// Prompts and chains have versions and labels of the same form.

/** A table of immutable versions: the source as published, and the definition read from it. */
export function versionTable<Definition>(name: string) {
  return sqliteTable(
    name,
    {
      tenant_id: text().notNull(),
      name: text().notNull(),
      version: integer().notNull(),
      content_hash: text().notNull(),
      format: text({ enum: ["yaml", "json"] }).notNull(),
      source: text().notNull(),
      definition: text({ mode: "json" }).$type<Definition>().notNull(),
      warnings: text({ mode: "json" }).$type<string[]>().notNull(),
      created_at: integer().notNull(),
    },
    (table) => [primaryKey({ columns: [table.tenant_id, table.name, table.version] })],
  );
}

/** A table of labels. `latest` is not stored. */
export function labelTable(name: string) {
  return sqliteTable(
    name,
    {
      tenant_id: text().notNull(),
      name: text().notNull(),
      label: text().notNull(),
      split: text({ mode: "json" }).$type<SplitArm[]>().notNull(),
      updated_at: integer().notNull(),
    },
    (table) => [primaryKey({ columns: [table.tenant_id, table.name, table.label] })],
  );
}

/** The columns of a table of moves of labels. */
export const moveColumns = () => ({
  tenant_id: text().notNull(),
  name: text().notNull(),
  label: text().notNull(),
  position: integer().notNull(),
  id: text().notNull(),
  key_id: text(),
  cause: text().$type<MoveCause>().notNull(),
  from_split: text({ mode: "json" }).$type<SplitArm[]>(),
  to_split: text({ mode: "json" }).$type<SplitArm[]>(),
  reason: text(),
  moved_at: integer().notNull(),
});
