import { accessSync, constants, readdirSync, readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { cloudflareTest, type D1Migration, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startMockProvider } from "./load/mock/mock-provider.ts";

// The tests bring their own secrets; wrangler's advice on where to put them would only be noise.
process.env["WRANGLER_LOG"] ??= "error";

const MEMORY_DISK = "/dev/shm";
const MEMORY_DISK_BYTES = 256 * 2 ** 20;

// The engine's SQLite syncs every write to the disk, and waiting for that takes longer than the
// tests themselves. Temporary files therefore live in memory where there is room for them.
if (hasRoom(MEMORY_DISK, MEMORY_DISK_BYTES)) process.env["TMPDIR"] ??= MEMORY_DISK;

const IN_NODE = [
  "test/{cache,cli,client,dashboard,domain,lib,middleware,providers,services,load}/**/*.test.ts",
  "test/*.test.ts",
];
/**
 * Files that change their process, which no other file may share then: they replace its timers, or
 * count the steps of every script in it, which are fewer in a new one.
 */
const OWN_PROCESS = [
  "test/load/world.test.ts",
  "test/load/bill.test.ts",
  "test/load/sim-scale.test.ts",
  "test/load/sim-worlds.test.ts",
  "test/load/slow-inputs.test.ts",
];
const IN_WORKERD = ["test/{batches,compatibility,durable-objects,storage,routes}/**/*.test.ts"];
const END_TO_END = ["test/e2e/**/*.test.ts"];

function hasRoom(directory: string, bytes: number): boolean {
  try {
    accessSync(directory, constants.W_OK);
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= bytes;
  } catch {
    return false;
  }
}

/**
 * The packages that the Worker imports. Bundled they are about twenty files; unbundled, each engine
 * fetches their 700 modules one by one. The command line and the dashboard are no part of it.
 */
function packagesOf(directory: string): string[] {
  const sources = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => {
    return file.endsWith(".ts") && !/^(?:cli|dashboard)\//.test(file);
  });
  const imported = sources.flatMap((file) => [
    ...readFileSync(join(directory, file), "utf8").matchAll(
      /^(?:import (?!type)[^;]*?from|.*\bimport\() ?"([^".:]+)"/gm,
    ),
  ]);
  return [...new Set(imported.map(([, name = ""]) => name))];
}

/** A hanging test ends after this time. It is generous: no test is judged by its duration. */
const TIMEOUT_MS = 30_000;

/**
 * The tests deliver queue messages by hand. The Worker therefore sends them to queues without a
 * consumer, where the engine drops them.
 */
const UNCONSUMED_QUEUES = Object.fromEntries(
  ["HIGH", "STANDARD", "BATCH", "WEBHOOK"].map((lane) => [
    `${lane}_QUEUE`,
    { queueName: `delivered-by-hand-${lane.toLowerCase()}` },
  ]),
);

/**
 * Two workers run the files of all projects. Each keeps its process or its engine from one file to
 * the next (`isolate: false`), because starting workerd and loading the Worker takes longer than
 * most files. Files of the workerd project therefore share D1, Durable Objects and isolate memory,
 * so a test creates the tenants that it uses. Each engine has a mock provider of its own, so files
 * that run at the same time do not see each other's calls.
 *
 * Each file stays a file to vitest, so `npm test -- test/routes/keys.test.ts` runs one file and
 * `npm test -- --changed` the files that import what changed since the last commit. The e2e files
 * import nothing of the Worker, so `--changed` leaves them out when only the Worker changed.
 */
const SHARED = { isolate: false, maxWorkers: 2, testTimeout: TIMEOUT_MS };

/** The Worker's copy of a package, as in `[alias]` of wrangler.toml. */
const CUT_PACKAGES = { re2js: `${import.meta.dirname}/dist/re2js.js` };

/** Settings of one engine, with a mock provider of its own. */
async function engineOptions(migrations: D1Migration[]) {
  const mock = await startMockProvider({ port: 0, unref: true });
  return {
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      queueProducers: UNCONSUMED_QUEUES,
      bindings: {
        PBT_ENV: "test",
        PBT_ROOT_KEY: "root-key-of-the-tests",
        KEY_PEPPER: "pepper-of-the-tests",
        KEY_ENCRYPTION_KEY: btoa("0123456789abcdef0123456789abcdef"),
        OPENAI_API_KEYS: "mock-openai-key",
        ANTHROPIC_API_KEYS: "mock-anthropic-key",
        OPENAI_BASE_URL: mock.openaiBaseUrl,
        ANTHROPIC_BASE_URL: mock.anthropicBaseUrl,
        UPSTREAM_ORIGINS: mock.url,
        MOCK_URL: mock.url,
        MIGRATIONS: migrations,
      },
    },
  };
}

/**
 * Pure code and adapters run in Node; storage, routes and queues run in workerd with real bindings;
 * each e2e file drives a server of its own.
 */
export default defineConfig(async () => {
  const migrations = await readD1Migrations(`${import.meta.dirname}/migrations`);
  return {
    test: {
      projects: [
        { resolve: { alias: CUT_PACKAGES }, test: { ...SHARED, name: "node", include: IN_NODE, exclude: OWN_PROCESS } },
        { resolve: { alias: CUT_PACKAGES }, test: { ...SHARED, name: "world", include: OWN_PROCESS, isolate: true } },
        {
          plugins: [cloudflareTest(async () => engineOptions(migrations))],
          test: {
            ...SHARED,
            name: "workerd",
            include: IN_WORKERD,
            setupFiles: ["test/support/migrate.ts"],
            deps: { optimizer: { ssr: { enabled: true, include: packagesOf(`${import.meta.dirname}/src`) } } },
          },
        },
        { test: { ...SHARED, name: "e2e", include: END_TO_END, testTimeout: 60_000, hookTimeout: 60_000 } },
      ],
    },
  };
});
