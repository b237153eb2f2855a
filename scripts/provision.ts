/**
 * `npm run provision`: creates the D1 databases, the KV namespace, the queues and the R2 bucket of
 * wrangler.toml that the account does not have, writes the ids of databases and namespace into wrangler.toml, and
 * sets the three required secrets where they are not set. It can be run again. Needs
 * `wrangler login` or CLOUDFLARE_API_TOKEN.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const CONFIG = "wrangler.toml";
const wranglerBin = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");

/** Runs wrangler and returns its output. Throws with its error output, also in `stderr`. */
function wrangler(args: string[], input?: string): string {
  return execFileSync(process.execPath, [wranglerBin, ...args], { encoding: "utf8", input, stdio: "pipe" });
}

function names(pattern: RegExp, config: string): string[] {
  return [...new Set([...config.matchAll(pattern)].map((match) => match[1] ?? ""))];
}

function listDatabases() {
  return JSON.parse(wrangler(["d1", "list", "--json"])) as { name: string; uuid: string }[];
}

function provisionDatabases(): void {
  let config = readFileSync(CONFIG, "utf8");
  const known = new Set(listDatabases().map((database) => database.name));
  const wanted = names(/^database_name = "([^"]+)"/gm, config);
  for (const name of wanted) {
    if (known.has(name)) continue;
    wrangler(["d1", "create", name]);
    console.log(`created D1 database ${name}`);
  }
  for (const { name, uuid } of listDatabases()) {
    if (!wanted.includes(name)) continue;
    config = config.replace(new RegExp(`(database_name = "${name}"\\ndatabase_id = ")[^"]*`), `$1${uuid}`);
  }
  writeFileSync(CONFIG, config);
  for (const name of wanted) wrangler(["d1", "migrations", "apply", name, "--remote"], "y\n");
  console.log(`migrated ${wanted.join(", ")}`);
}

function provisionQueues(): void {
  for (const name of names(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm, readFileSync(CONFIG, "utf8"))) {
    try {
      wrangler(["queues", "create", name]);
      console.log(`created queue ${name}`);
    } catch (error) {
      if (!/already (?:exists|taken)/i.test(String((error as { stderr?: string }).stderr))) throw error;
    }
  }
}

function provisionCache(): void {
  const title = "pbt-edge-cache";
  const find = () => {
    const listed = JSON.parse(wrangler(["kv", "namespace", "list"])) as { id: string; title: string }[];
    return listed.find((each) => each.title === title)?.id;
  };
  if (find() === undefined) {
    wrangler(["kv", "namespace", "create", title]);
    console.log(`created KV namespace ${title}`);
  }
  const config = readFileSync(CONFIG, "utf8");
  writeFileSync(CONFIG, config.replace(/(binding = "CACHE"\nid = ")[^"]*/, `$1${find() ?? ""}`));
}

function provisionArchive(): void {
  for (const name of names(/^bucket_name = "([^"]+)"/gm, readFileSync(CONFIG, "utf8"))) {
    try {
      wrangler(["r2", "bucket", "create", name]);
      console.log(`created R2 bucket ${name}`);
    } catch (error) {
      if (!/already (?:exists|own)/i.test(String((error as { stderr?: string }).stderr))) throw error;
    }
  }
}

/** The names of the secrets that are set; none where the Worker was never deployed. */
function listSecrets(): Set<string> {
  try {
    const listed = JSON.parse(wrangler(["secret", "list", "--format", "json"])) as { name: string }[];
    return new Set(listed.map((each) => each.name));
  } catch {
    return new Set();
  }
}

function provisionSecrets(): void {
  const set = listSecrets();
  const makeSecret: Record<string, () => string> = {
    PBT_ROOT_KEY: () => `root_${randomBytes(24).toString("hex")}`,
    KEY_PEPPER: () => randomBytes(32).toString("base64"),
    KEY_ENCRYPTION_KEY: () => randomBytes(32).toString("base64"),
  };
  for (const [name, value] of Object.entries(makeSecret)) {
    if (set.has(name)) continue;
    const secret = value();
    wrangler(["secret", "put", name], secret);
    console.log(name === "PBT_ROOT_KEY" ? `set PBT_ROOT_KEY: ${secret} (shown this once: keep it)` : `set ${name}`);
  }
}

provisionDatabases();
provisionCache();
provisionQueues();
provisionArchive();
provisionSecrets();
