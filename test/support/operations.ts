import { env } from "cloudflare:workers";
import { call, newTenant, yamlPrompt } from "./api.ts";

/** The fields of an operation in /openapi.json that the suite uses. */
export interface Operation {
  method: string;
  path: string;
  access: string;
  /** Whether a session's cookie may stand in for a key. */
  takesSession?: boolean;
}

/** The operations whose replies last for minutes. */
export const ENDLESS: ReadonlySet<string> = new Set(["/v1/metrics/live"]);

/**
 * Every operation that requires a key, from the API's own document, so that new routes are
 * included.
 */
export async function securedOperations(): Promise<Operation[]> {
  const reply = await call<{
    paths: Record<string, Record<string, { security?: object[]; "x-required-scope": string }>>;
  }>("GET", "/openapi.json");
  return Object.entries(reply.json.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.security !== undefined)
      .map(([method, { security = [], "x-required-scope": access }]) => {
        const takesSession = security.some((schemes) => "session" in schemes);
        return { method: method.toUpperCase(), path, access, takesSession };
      }),
  );
}

/** A path whose parameters name objects of the first tenant. */
function fill(path: string, ids: Record<string, string>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "x");
}

/** A valid body for each operation with one, so that only the key can be at fault. */
const BODIES: Record<string, unknown> = {
  "POST /v1/tenants": { name: "x" },
  "POST /v1/keys": { name: "x", scopes: ["prompts:read"] },
  "PUT /v1/providers/{provider}/keys/{name}": { api_key: "sk-12345678" },
  "PUT /v1/providers/{name}": { kind: "openai", base_url: env.MOCK_URL },
  "PUT /v1/prices/{provider}/{model}": { input: 1, output: 2, per: "1M" },
  "PUT /v1/prompts/{name}/labels/{label}": { version: 1 },
  "PUT /v1/prompts/{name}/labels/{label}/protection": { tests: false, compatible_variables: false, approvals: 1 },
  "PUT /v1/aliases/{alias}": { prompt: "mine" },
  "POST /v1/prompts/{name}/diff": { from: 1, to: 1 },
  "POST /v1/prompts/{name}/render": { variables: { who: "x" } },
  "POST /v1/executions": { prompt: "mine", variables: { who: "x" } },
  "POST /v1/prompts/{name}/execute": { variables: { who: "x" } },
  "POST /v1/batches": { prompt: "mine", items: [{ variables: { who: "x" } }] },
  "POST /v1/executions/{id}/feedback": { score: 1 },
  "POST /v1/chat/completions": { model: "prompt:mine", messages: [], prompt_variables: { who: "x" } },
  "POST /v1/responses": { model: "gpt-6-luna", input: "x" },
  "POST /v1/embeddings": { model: "text-embedding-3-small", input: "x" },
  "POST /v1/messages": { model: "claude-haiku-4-5", max_tokens: 10, messages: [{ role: "user", content: "x" }] },
  "POST /v1/messages/count_tokens": { model: "claude-haiku-4-5", messages: [{ role: "user", content: "x" }] },
  "PUT /v1/budgets/{scope}": { daily_usd: 1_000 },
  "PUT /v1/webhooks/{name}": { url: "https://hooks.example.com/x", events: ["budget.alert"] },
  "PUT /v1/telemetry": { otlp_endpoint: "https://otel.example.com", sample: 1, content: false },
  "POST /v1/prompts/{name}/tests/run": { tests: [{ name: "greets", variables: { who: "x" } }] },
  "POST /v1/import/tests": { providers: [] },
  "POST /v1/compare": { prompt: "mine", subjects: [{}, { version: 1 }], inputs: [{ who: "x" }] },
  "POST /v1/prompts/{name}/optimize": { goal: "tokens", max_cost_usd: 1 },
  "PUT /v1/chains/{name}": { steps: [{ id: "greet", prompt: "mine", variables: { who: "x" } }] },
  "PUT /v1/chains/{name}/labels/{label}": { version: 1 },
  "POST /v1/chains/{name}/execute": {},
  "POST /v1/admin/shards/moves": { to: "DB_SHARD_3", buckets: [0] },
  "POST /v1/usage/reconcile": {
    provider: "openai",
    rows: [{ start_time: 4_102_444_800, end_time: 4_102_448_400, results: [] }],
  },
};

/** The path and the body of a valid request for an operation. */
export function requestOf({ method, path }: Operation, ids: Record<string, string>) {
  const name = `${method} ${path}`;
  const body = name === "PUT /v1/prompts/{name}" ? { yaml: yamlPrompt("mine") } : { json: BODIES[name] };
  return { path: fill(path, ids), ...body };
}

/** Asks for an operation on these objects. */
export async function attempt(
  operation: Operation,
  ids: Record<string, string>,
  key: string | null,
  headers: Record<string, string> = {},
) {
  const { path, ...body } = requestOf(operation, ids);
  return call(operation.method, path, { key, headers, ...body });
}

/** A tenant with an object of each kind, and the parameters that name them in a path. */
export interface OwnedObjects {
  mine: { id: string; key: string; keyId: string };
  idFor: (path: string) => Record<"name" | "alias" | "label" | "provider" | "model" | "scope" | "id", string>;
}

/** Creates {@link OwnedObjects}. */
export async function ownObjects(): Promise<OwnedObjects> {
  const mine = await newTenant("mine");
  await call("PUT", "/v1/prompts/mine", { key: mine.key, yaml: yamlPrompt("mine") });
  const put = async (path: string, json: unknown) => call("PUT", path, { key: mine.key, json });
  const post = async (path: string, json: unknown) =>
    (await call<{ id: string }>("POST", path, { key: mine.key, json })).json.id;
  const item = { variables: { who: "me" } };
  // One after the other: in the tests' engine, requests that share a wait may end each other's.
  const execution = await post("/v1/executions", { prompt: "mine", ...item });
  const batch = await post("/v1/batches", { prompt: "mine", items: [item] });
  const run = await post("/v1/prompts/mine/tests/run", BODIES["POST /v1/prompts/{name}/tests/run"]);
  const comparison = await post("/v1/compare", BODIES["POST /v1/compare"]);
  const optimization = await post("/v1/prompts/mine/optimize", BODIES["POST /v1/prompts/{name}/optimize"]);
  await Promise.all([
    put("/v1/aliases/mine", BODIES["PUT /v1/aliases/{alias}"]),
    put("/v1/providers/openai/keys/mine", { api_key: "sk-of-the-mine-1" }),
    put("/v1/providers/mine", BODIES["PUT /v1/providers/{name}"]),
    put("/v1/prices/openai/gpt-mine", { input: 1, output: 2, per: "1M" }),
    put("/v1/budgets/prompt:mine", { daily_usd: 1_000 }),
    put("/v1/webhooks/mine", BODIES["PUT /v1/webhooks/{name}"]),
    put("/v1/chains/mine", BODIES["PUT /v1/chains/{name}"]),
  ]);
  await call("GET", `/v1/executions/${execution}`, { key: mine.key });
  const guarded = "/v1/prompts/mine/labels/guarded";
  await put(`${guarded}/protection`, BODIES["PUT /v1/prompts/{name}/labels/{label}/protection"]);
  const json = { version: 1 };
  const asked = await call<{ promotion: { id: string } }>("PUT", guarded, { key: mine.key, json });
  const promotion = asked.json.promotion.id;
  const chainRun = await post("/v1/chains/mine/execute", { async: true });
  const idIn = (path: string) => {
    if (path.includes("/keys/")) return mine.keyId;
    if (path.includes("/batches/")) return batch;
    if (path.includes("/promotions/")) return promotion;
    if (path.includes("/comparisons/")) return comparison;
    if (path.includes("/optimizations/")) return optimization;
    if (path.includes("/chain-runs/")) return chainRun;
    if (path.includes("/shards/")) return "1";
    return path.includes("/test-runs/") ? run : execution;
  };
  const idFor = (path: string) => ({
    name: "mine",
    alias: "mine",
    label: "production",
    provider: "openai",
    model: "gpt-mine",
    scope: "prompt:mine",
    id: idIn(path),
  });

  return { mine, idFor };
}

/** How doors say the errors of ours, in the codes of OpenAI and the types of Anthropic. */
const OF_DOORS: Record<string, string> = {
  invalid_api_key: "authentication_error",
  insufficient_permissions: "permission_error",
  insufficient_quota: "budget_exceeded",
  billing_error: "budget_exceeded",
};

/** The code of an error, whatever wire format it is told in. */
export function codeIn(body: Record<string, unknown>): unknown {
  if (body["code"] !== undefined) return body["code"];
  const { code, type } = (body["error"] ?? {}) as { code?: string | null; type?: string };
  const said = code ?? type ?? "";
  return OF_DOORS[said] ?? said;
}
