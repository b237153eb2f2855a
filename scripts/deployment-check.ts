import { appliedMigrations } from "./cloudflare-account.ts";
import { isId, namesOf } from "./deployment-config.ts";
import type { Wrangler } from "./wrangler.ts";

/** Processes of wrangler at a time. */
const AT_A_TIME = 4;

/**
 * Throws where new code would meet databases that are not there, or lack a migration. `migrations`
 * are the files of the checkout; a database may have more, where older code is deployed again.
 */
export async function checkDatabases(wrangler: Wrangler, config: string, migrations: readonly string[]): Promise<void> {
  const { databases } = namesOf(config);
  const missing = databases.find(({ id }) => !isId(id));
  if (missing) throw new Error(`${missing.name} was not created yet. Run \`npm run provision\` first.`);
  const waiting = databases.values();
  const check = async () => {
    for (const { name } of waiting) {
      const applied = await appliedMigrations(wrangler, name);
      const lacking = migrations.filter((migration) => !applied.has(migration));
      if (lacking.length === 0) continue;
      throw new Error(
        `${name} lacks ${lacking.join(", ")}, which this code needs. Run \`npm run provision\` first: code that runs ` +
          "does not mind new migrations.",
      );
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, check));
}
