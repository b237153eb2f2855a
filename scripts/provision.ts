/**
 * `npm run provision [-- shards N] [-- --dry-run]`: creates the D1 databases, the KV namespace, the
 * queues and the R2 bucket of wrangler.toml that the account does not have, writes the ids of
 * databases and namespace into wrangler.toml, and sets the three required secrets where they are not
 * set. It can be run again. `shards N` adds databases to wrangler.toml first; `--dry-run` only tells
 * what would be done. Needs `wrangler login` or CLOUDFLARE_API_TOKEN. A secret that the environment
 * has under its name is set as it is, and not shown.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { provision } from "./provisioning.ts";
import { adviceFor, runWrangler, withRetries, WranglerFailed } from "./wrangler.ts";

const CONFIG = "wrangler.toml";
const USAGE = "npm run provision [-- shards N] [-- --dry-run]";

const { values, positionals } = parseArgs({ options: { "dry-run": { type: "boolean" } }, allowPositionals: true });
const [word, count, ...rest] = positionals;
if ((word !== undefined && word !== "shards") || rest.length > 0) throw new Error(`usage: ${USAGE}`);

try {
  await provision(
    {
      wrangler: withRetries(runWrangler, async (ms) => {
        console.error(`Cloudflare does not take the call; once more in ${ms / 1_000} s`);
        await sleep(ms);
      }),
      readConfig: () => readFileSync(CONFIG, "utf8"),
      writeConfig,
      say: (line) => console.log(line),
      random: (bytes, encoding) => randomBytes(bytes).toString(encoding),
      given: process.env,
    },
    { shards: word === undefined ? undefined : Number(count), isDryRun: values["dry-run"] ?? false },
  );
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error instanceof WranglerFailed ? describe(error) : error.message);
  process.exitCode = 1;
}

/** Writes the configuration in one step: a run that is cut off must not leave half of it. */
function writeConfig(text: string): void {
  writeFileSync(`${CONFIG}.new`, text);
  renameSync(`${CONFIG}.new`, CONFIG);
}

function describe({ output, message }: WranglerFailed): string {
  return `${output}\n\n${message}. ${adviceFor(output)} It goes on where it stopped.`;
}
