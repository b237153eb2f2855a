import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * The feedback on a prompt's answers by model, on the shard of `tenant/prompt`: the number of
 * scores and their sum. A row exists once there is feedback. The migration stores it `without
 * rowid`, so that reading a row reads nothing else.
 */
export const feedbackScores = sqliteTable(
  "feedback_scores",
  {
    tenant_id: text().notNull(),
    prompt_name: text().notNull(),
    model: text().notNull(),
    count: integer().notNull(),
    sum: real().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.prompt_name, table.model] })],
);
