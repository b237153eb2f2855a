import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of `migrations/`, split into statements. */
export interface Migration {
  name: string;
  statements: string[];
}

/** The part of a D1 database that migrations need, whether it is local or a binding. */
interface MigratableDatabase {
  prepare(sql: string): { bind(...values: string[]): Statement; all(): Promise<{ results: unknown[] }> };
  batch(statements: Statement[]): Promise<unknown>;
}
type Statement = Parameters<D1Database["batch"]>[0][number];

/** The form of triggers that D1's API does not cut: {@link checkTriggers}. */
const WHOLE_TRIGGER = /^CREATE TRIGGER .* BEGIN .*; END;?$/;
const BARE_CASE = /(?<!\()\bcase\b/i;

/** Reads the migrations of a folder in their order. Throws where D1's API would cut one of them. */
export function readMigrations(directory: string): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith(".sql"));
  return files.sort().map((name) => {
    const sql = readFileSync(join(directory, name), "utf8");
    checkTriggers(name, sql);
    return { name, statements: sql.split("--> statement-breakpoint") };
  });
}

/**
 * D1's API cuts what it is sent at semicolons, those inside of a trigger included, and answers with
 * "incomplete input". It leaves triggers whole that are on one line, have BEGIN and END in capitals
 * and each CASE in parentheses (https://github.com/cloudflare/workers-sdk/issues/15690, /10998 and
 * /4727). No local engine does that. Throws for any other trigger.
 */
export function checkTriggers(name: string, sql: string): void {
  for (const [line] of sql.matchAll(/create\s+(?:temp(?:orary)?\s+)?trigger\b.*/gi)) {
    if (WHOLE_TRIGGER.test(line) && !BARE_CASE.test(line)) continue;
    throw new Error(
      `${name}: D1 cuts this trigger; write it on one line, with BEGIN and END in capitals and (CASE … END): ${line}`,
    );
  }
}

/**
 * Applies the missing migrations to a local shard. Like `wrangler d1 migrations apply` it records
 * them in the table `d1_migrations`.
 */
export async function migrate(database: MigratableDatabase | D1Database, migrations: Migration[]): Promise<void> {
  const db = database as D1Database;
  await db
    .prepare(
      "create table if not exists d1_migrations (id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null)",
    )
    .run();
  const { results } = await db.prepare("select name from d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map((row) => row.name));
  for (const { name, statements } of migrations) {
    if (applied.has(name)) continue;
    const mark = db.prepare("insert into d1_migrations (name) values (?)").bind(name);
    await db.batch([...statements.map((statement) => db.prepare(statement)), mark]);
  }
}
