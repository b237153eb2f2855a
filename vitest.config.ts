import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startMockProvider } from "./load/mock/mock-provider.ts";

// The tests bring their own secrets; wrangler's advice on where to put them would only be noise.
process.env["WRANGLER_LOG"] ??= "error";

const IN_NODE = ["test/{cache,domain,lib,providers,services,load}/**/*.test.ts", "test/*.test.ts"];
const IN_WORKERD = ["test/{batches,durable-objects,storage,routes}/**/*.test.ts"];
const END_TO_END = ["test/e2e/**/*.test.ts"];

/** What the Worker imports of packages. Bundled once they are some twenty files; else the engine fetches each of their 700 modules, for every test file anew. */
function packagesOf(directory: string): string[] {
  const sources = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const imported = sources.flatMap((file) => [
    ...readFileSync(join(directory, file), "utf8").matchAll(
      /^(?:import (?!type)[^;]*?from|.*\bimport\() ?"([^".:]+)"/gm,
    ),
  ]);
  return [...new Set(imported.map(([, name = ""]) => name))];
}

/** A test that hangs ends here; none is judged by its time, and a busy machine is no failure. */
const PATIENCE_MS = 30_000;

/** Tests deliver by hand what is queued, when they want it and as often as they want it: the engine's own delivery comes after they are over. */
const LATER = { maxBatchSize: 100, maxBatchTimeout: 60 };
const BY_HAND = Object.fromEntries(
  ["high", "standard", "batch"].map((lane) => [`pbt-edge-executions-${lane}`, LATER] as const),
);

/** Pure code and adapters run in Node; storage, routes and queues in workerd with real bindings; the e2e drives a server of its own. */
export default defineConfig(async () => {
  const mock = await startMockProvider({ port: 0, unref: true });
  const migrations = await readD1Migrations(`${import.meta.dirname}/migrations`);
  return {
    test: {
      projects: [
        { test: { name: "node", include: IN_NODE, testTimeout: PATIENCE_MS, isolate: false } },
        {
          plugins: [
            cloudflareTest({
              wrangler: { configPath: "./wrangler.toml" },
              miniflare: {
                queueConsumers: BY_HAND,
                bindings: {
                  PBT_ENV: "test",
                  PBT_ROOT_KEY: "root-key-of-the-tests",
                  KEY_PEPPER: "pepper-of-the-tests",
                  KEY_ENCRYPTION_KEY: btoa("0123456789abcdef0123456789abcdef"),
                  OPENAI_API_KEYS: "mock-openai-key",
                  ANTHROPIC_API_KEYS: "mock-anthropic-key",
                  OPENAI_BASE_URL: mock.openaiBaseUrl,
                  ANTHROPIC_BASE_URL: mock.anthropicBaseUrl,
                  MOCK_URL: mock.url,
                  MIGRATIONS: migrations,
                },
              },
            }),
          ],
          test: {
            name: "workerd",
            include: IN_WORKERD,
            setupFiles: ["test/support/migrate.ts"],
            testTimeout: PATIENCE_MS,
            deps: { optimizer: { ssr: { enabled: true, include: packagesOf(`${import.meta.dirname}/src`) } } },
          },
        },
        { test: { name: "e2e", include: END_TO_END, testTimeout: 60_000, hookTimeout: 60_000 } },
      ],
    },
  };
});
