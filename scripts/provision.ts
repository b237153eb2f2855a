/**
 * `npm run provision [-- shards N]`: creates the D1 databases, the KV namespace, the queues and the R2
 * bucket of wrangler.toml that the account does not have, writes the ids of databases and namespace
 * into wrangler.toml, and sets the three required secrets where they are not set. It can be run
 * again. `shards N` adds databases to wrangler.toml first. Needs `wrangler login` or
 * CLOUDFLARE_API_TOKEN.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { provision } from "./provisioning.ts";

const CONFIG = "wrangler.toml";
const wranglerBin = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");

const [word, count] = process.argv.slice(2);
if (word !== undefined && word !== "shards") throw new Error(`usage: npm run provision [-- shards N], not ${word}`);

provision(
  {
    wrangler: (args, input) =>
      execFileSync(process.execPath, [wranglerBin, ...args], { encoding: "utf8", input, stdio: "pipe" }),
    readConfig: () => readFileSync(CONFIG, "utf8"),
    writeConfig: (text) => writeFileSync(CONFIG, text),
    say: (line) => console.log(line),
    random: (bytes, encoding) => randomBytes(bytes).toString(encoding),
  },
  word === undefined ? undefined : Number(count),
);
