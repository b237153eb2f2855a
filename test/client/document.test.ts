import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DocumentedApi, clientTypes, operationsOf } from "../../scripts/client-types.ts";
import { IDEMPOTENT_POSTS } from "../../src/client/operations.ts";

const api = JSON.parse(readFileSync("dist/assets/openapi.json", "utf8")) as DocumentedApi;
const operations = operationsOf(api);

/**
 * Operations without a method of their own: `request` and `response` call them. Drop-in doors are for
 * the providers' own clients, the rest for those who run the deployment.
 */
const BY_REQUEST_ONLY = [
  "GET /health",
  "GET /ready",
  "GET /metrics",
  "GET /v1/metrics/live",
  "POST /v1/tenants",
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
];

describe("the client and the API's document", () => {
  it("agree in every operation's types: `npm run client:generate` writes them", async () => {
    expect(readFileSync("src/client/api-document.d.ts", "utf8")).toBe(await clientTypes(api));
  });

  it("agree in which operations take an Idempotency-Key", () => {
    const documented = operations.filter(([, { parameters = [] }]) =>
      parameters.some(({ name }) => name === "idempotency-key"),
    );
    expect(new Set(documented.map(([name]) => name))).toEqual(IDEMPOTENT_POSTS);
  });

  it("agree in which operations exist: each has a method, or is called by its name", () => {
    const sources = readdirSync("src/client").filter((file) => /(?<!\.d)\.ts$/.test(file) && file !== "operations.ts");
    const text = sources.map((file) => readFileSync(`src/client/${file}`, "utf8")).join("\n");
    const called = [...text.matchAll(/#api\.(?:request|list|text|response)\(\s*"([A-Z]+ \/[^"]+)"/g)].map(
      ([, name]) => name,
    );
    const all = operations.map(([name]) => name);
    expect(new Set([...called, ...BY_REQUEST_ONLY])).toEqual(new Set(all));
    expect(called.filter((name = "") => BY_REQUEST_ONLY.includes(name))).toEqual([]);
  });
});
