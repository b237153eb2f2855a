/**
 * `npm run provision [-- shards N] [-- --dry-run] [-- --no-replicas] [-- --config FILE]`: creates the D1 databases, the
 * KV namespace, the queues and the R2 bucket of wrangler.toml that the account does not have, writes
 * the ids of databases and namespace into wrangler.toml, and sets the three required secrets where
 * they are not set. It can be run again. `shards N` adds databases to wrangler.toml first;
 * `--dry-run` only tells what would be done; read replication of the databases is turned on, unless
 * `--no-replicas` or REPLICA_MAX_LAG_MS = "0" in the file says no; `--config` names another file than wrangler.toml. Needs
 * `wrangler login` or CLOUDFLARE_API_TOKEN. A secret that the environment has under its name is set
 * as it is, and not shown.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createCloudflareApi } from "./cloudflare-api.ts";
import { provision } from "./provisioning.ts";
import { describeFault, withConfig, withRetries } from "./wrangler.ts";

const USAGE = "npm run provision [-- shards N] [-- --dry-run] [-- --no-replicas] [-- --config FILE]";

const { values, positionals } = parseArgs({
  options: {
    "dry-run": { type: "boolean" },
    "no-replicas": { type: "boolean" },
    config: { type: "string", short: "c", default: "wrangler.toml" },
  },
  allowPositionals: true,
});
const { config } = values;
const [word, count, ...rest] = positionals;
if ((word !== undefined && word !== "shards") || rest.length > 0) throw new Error(`usage: ${USAGE}`);

const pause = async (ms: number) => {
  console.error(`Cloudflare does not take the call; once more in ${ms / 1_000} s`);
  await sleep(ms);
};
const wrangler = withRetries(withConfig(config), pause);
const readConfig = () => readFileSync(config, "utf8");

try {
  await provision(
    {
      wrangler,
      api: withRetries(createCloudflareApi({ wrangler, readConfig, env: process.env, fetch }), pause),
      readConfig,
      writeConfig,
      say: (line) => console.log(line),
      pause: async (ms) => sleep(ms),
      random: (bytes, encoding) => randomBytes(bytes).toString(encoding),
      given: process.env,
    },
    {
      shards: word === undefined ? undefined : Number(count),
      isDryRun: values["dry-run"] ?? false,
      withoutReplicas: values["no-replicas"] ?? false,
    },
  );
} catch (error) {
  console.error(describeFault(error));
  process.exitCode = 1;
}

/** Writes the configuration in one step: a run that is cut off must not leave half of it. */
function writeConfig(text: string): void {
  writeFileSync(`${config}.new`, text);
  renameSync(`${config}.new`, config);
}
