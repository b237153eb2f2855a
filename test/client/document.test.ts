import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DocumentedApi, operationsOf } from "../../scripts/client-types.ts";
import { generatedFiles } from "../../scripts/generated-files.ts";
import { IDEMPOTENT_POSTS } from "../../src/client/operations.ts";

const api = JSON.parse(readFileSync("dist/assets/openapi.json", "utf8")) as DocumentedApi;
const operations = operationsOf(api);

/**
 * Operations without a method of their own: `request` and `response` call them. Drop-in doors are for
 * the providers' own clients, sessions for the dashboard, chains have no methods yet, the rest is for
 * those who run the deployment.
 */
const BY_REQUEST_ONLY = [
  "GET /health",
  "GET /ready",
  "GET /metrics",
  "GET /v1/metrics/live",
  "POST /v1/tenants",
  "POST /v1/session",
  "GET /v1/session",
  "DELETE /v1/session",
  "POST /v1/prompts/{name}/execute",
  "POST /v1/chat/completions",
  "POST /v1/responses",
  "GET /v1/responses/{id}",
  "DELETE /v1/responses/{id}",
  "GET /v1/responses/{id}/input_items",
  "POST /v1/responses/{id}/cancel",
  "POST /v1/embeddings",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "GET /v1/models",
  "GET /v1/models/{id}",
  "GET /v1/test-runs/{id}/events",
  "POST /v1/import/tests",
  "PUT /v1/chains/{name}",
  "GET /v1/chains",
  "GET /v1/chains/{name}",
  "GET /v1/chains/{name}/versions",
  "DELETE /v1/chains/{name}",
  "PUT /v1/chains/{name}/labels/{label}",
  "GET /v1/chains/{name}/labels",
  "GET /v1/chains/{name}/labels/{label}/history",
  "POST /v1/chains/{name}/labels/{label}/rollback",
  "DELETE /v1/chains/{name}/labels/{label}",
  "POST /v1/chains/{name}/execute",
  "GET /v1/chain-runs",
  "GET /v1/chain-runs/{id}",
  "GET /v1/chain-runs/{id}/events",
  "POST /v1/chain-runs/{id}/cancel",
  "POST /v1/admin/shards/moves",
  "POST /v1/admin/shards/moves/{id}/cancel",
  "GET /v1/admin/shards",
];

/** The texts of a folder's files, but for those that the document gives. */
function sourcesIn(folder: string, files: RegExp): string {
  const sources = readdirSync(folder).filter((file) => files.test(file));
  return sources.map((file) => readFileSync(`${folder}/${file}`, "utf8")).join("\n");
}

describe("the clients and the API's document", () => {
  it("agree in what is made of it: `npm run client:generate` writes it", async () => {
    const files = Object.entries(await generatedFiles(api));
    expect(files.filter(([path, text]) => readFileSync(path, "utf8") !== text).map(([path]) => path)).toEqual([]);
  });

  it("agree in which operations take an Idempotency-Key", () => {
    const documented = operations.filter(([, { parameters = [] }]) =>
      parameters.some(({ name }) => name === "idempotency-key"),
    );
    expect(new Set(documented.map(([name]) => name))).toEqual(IDEMPOTENT_POSTS);
  });

  it.each([
    [
      "TypeScript",
      sourcesIn("src/client", /(?<!\.d)\.ts$/),
      /#api\.(?:request|list|text|response)\(\s*"([A-Z]+ \/[^"]+)"/g,
    ],
    ["Python", sourcesIn("clients/python/src/pbt_edge/_async", /\.py$/), /^ .*"((?:GET|PUT|POST|DELETE) \/[^"]+)",/gm],
  ])("agree in which operations exist: each has a method in %s, or is called by its name", (_, text, calls) => {
    const called = [...text.matchAll(calls)].map(([, name = ""]) => name);
    expect(new Set([...called, ...BY_REQUEST_ONLY])).toEqual(new Set(operations.map(([name]) => name)));
    expect(called.filter((name) => BY_REQUEST_ONLY.includes(name))).toEqual([]);
  });
});
