/**
 * `npm run deploy [-- --config FILE] [-- options]`: `wrangler deploy`, once all databases have the
 * migrations of this checkout. Other options are wrangler's: `--dry-run` only builds, and asks
 * nobody.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { checkDatabases } from "./deployment-check.ts";
import { describeFault, withConfig, withRetries, WRANGLER } from "./wrangler.ts";

const args = process.argv.slice(2);
const { values } = parseArgs({
  args,
  options: { "dry-run": { type: "boolean" }, config: { type: "string", short: "c", default: "wrangler.toml" } },
  strict: false,
});
const config = String(values.config);

try {
  if (values["dry-run"] !== true) {
    const migrations = readdirSync("migrations").filter((name) => name.endsWith(".sql"));
    const wrangler = withRetries(withConfig(config), async (ms) => sleep(ms));
    await checkDatabases(wrangler, readFileSync(config, "utf8"), migrations.toSorted());
  }
  const command = [WRANGLER, "deploy", "dist/src/index.ts", "--minify", ...args];
  const child = spawn(process.execPath, command, { stdio: "inherit", env: { ...process.env, CLOUDFLARE_ENV: "" } });
  const [code] = (await once(child, "close")) as [number | null];
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(describeFault(error));
  process.exitCode = 1;
}
