import { env } from "cloudflare:workers";

/** A text that must not be in the log. */
export const SECRET = "sk-that-nobody-may-read";
/** One version alone. */
export const only = (version: number) => [{ version, weight: 1 }];

/** A request, its body, and the entry that it must leave. A body of text is a prompt. */
type Change = [request: string, body: unknown, action: string, object: string, detail: Record<string, unknown>];

/** Changes of every kind by a tenant's key, in an order in which each of them succeeds. */
export const CHANGES: Change[] = [
  ["PUT /v1/prompts/a%2Fb", "v1", "prompt.published", "prompt:a/b", { version: 1 }],
  ["PUT /v1/prompts/a%2Fb", "v2", "prompt.published", "prompt:a/b", { version: 2 }],
  [
    "PUT /v1/prompts/a%2Fb/labels/live",
    { version: 1 },
    "label.moved",
    "label:a/b@live",
    { from: null, to: only(1), cause: "set" },
  ],
  [
    "PUT /v1/prompts/a%2Fb/labels/live",
    { version: 2, reason: "better" },
    "label.moved",
    "label:a/b@live",
    { from: only(1), to: only(2), cause: "set", reason: "better" },
  ],
  [
    "POST /v1/prompts/a%2Fb/labels/live/rollback",
    {},
    "label.rolled_back",
    "label:a/b@live",
    { from: only(2), to: only(1), cause: "rollback" },
  ],
  ["DELETE /v1/prompts/a%2Fb/labels/live", null, "label.deleted", "label:a/b@live", { from: only(1), to: null }],
  [
    "PUT /v1/prompts/a%2Fb/labels/safe/protection",
    { tests: false, compatible_variables: true, approvals: 0 },
    "label.protected",
    "label:a/b@safe",
    { from: null, to: { tests: false, compatible_variables: true, approvals: 0, auto_rollback: null } },
  ],
  [
    "PUT /v1/prompts/a%2Fb/labels/safe/protection",
    { tests: false, compatible_variables: false, approvals: 0 },
    "label.protected",
    "label:a/b@safe",
    {
      from: { tests: false, compatible_variables: true, approvals: 0, auto_rollback: null },
      to: { tests: false, compatible_variables: false, approvals: 0, auto_rollback: null },
    },
  ],
  ["DELETE /v1/cache?prompt=a/b", null, "prompt.cache_purged", "prompt:a/b", {}],
  [
    "PUT /v1/aliases/pmpt_1",
    { prompt: "a/b", version: 1 },
    "alias.set",
    "alias:pmpt_1",
    { from: null, to: { prompt: "a/b", version: 1, label: null } },
  ],
  [
    "DELETE /v1/aliases/pmpt_1",
    null,
    "alias.deleted",
    "alias:pmpt_1",
    { from: { prompt: "a/b", version: 1, label: null } },
  ],
  [
    "PUT /v1/providers/openai/keys/main",
    { api_key: SECRET, rpm: 5 },
    "provider_key.set",
    "provider_key:openai/main",
    { from: null, to: { weight: 1, rpm: 5, tpm: null, max_concurrency: null } },
  ],
  [
    "PUT /v1/providers/openai/keys/main",
    { api_key: SECRET },
    "provider_key.set",
    "provider_key:openai/main",
    { from: { weight: 1, rpm: 5, tpm: null, max_concurrency: null } },
  ],
  ["DELETE /v1/providers/openai/keys/main", null, "provider_key.deleted", "provider_key:openai/main", {}],
  [
    "PUT /v1/providers/llm",
    { kind: "openai", base_url: env.MOCK_URL, headers: { "x-secret": SECRET } },
    "provider.set",
    "provider:llm",
    { from: null, to: { kind: "openai", header_names: ["x-secret"], origin: new URL(env.MOCK_URL).origin } },
  ],
  ["PUT /v1/providers/llm", { kind: "openai", base_url: env.MOCK_URL }, "provider.set", "provider:llm", {}],
  [
    "DELETE /v1/providers/llm",
    null,
    "provider.deleted",
    "provider:llm",
    { from: { kind: "openai", header_names: [] } },
  ],
  [
    "PUT /v1/prices/openai/gpt-mine",
    { input: 1, output: 2, per: "1M" },
    "price.set",
    "price:openai/gpt-mine",
    { from: null, to: { input: 1, output: 2, cached_input: null, cache_write_5m: null, cache_write_1h: null } },
  ],
  [
    "PUT /v1/prices/openai/gpt-mine",
    { input: 3, output: 2, per: "1M" },
    "price.set",
    "price:openai/gpt-mine",
    { from: { input: 1, output: 2, cached_input: null, cache_write_5m: null, cache_write_1h: null } },
  ],
  ["DELETE /v1/prices/openai/gpt-mine", null, "price.deleted", "price:openai/gpt-mine", {}],
  [
    "PUT /v1/webhooks/hook",
    { url: `https://hooks.example.com/${SECRET}`, events: ["budget.alert"] },
    "webhook.set",
    "webhook:hook",
    { from: null, to: { origin: "https://hooks.example.com", events: ["budget.alert"], prompts: null } },
  ],
  [
    "PUT /v1/webhooks/hook",
    { url: `https://hooks.example.com/${SECRET}`, events: ["label.moved"] },
    "webhook.set",
    "webhook:hook",
    { from: { events: ["budget.alert"], prompts: null } },
  ],
  [
    "DELETE /v1/webhooks/hook",
    null,
    "webhook.deleted",
    "webhook:hook",
    { from: { events: ["label.moved"], prompts: null } },
  ],
  [
    "PUT /v1/telemetry",
    { otlp_endpoint: `https://otel.example.com/${SECRET}`, headers: { "X-Key": SECRET }, sample: 0.5, content: false },
    "telemetry.set",
    "telemetry",
    { from: null, to: { origin: "https://otel.example.com", sample: 0.5, content: false, header_names: ["x-key"] } },
  ],
  [
    "DELETE /v1/telemetry",
    null,
    "telemetry.deleted",
    "telemetry",
    { from: { sample: 0.5, content: false, header_names: ["x-key"] } },
  ],
  [
    "PUT /v1/budgets/tenant",
    { daily_usd: 2.5 },
    "budget.set",
    "budget:tenant",
    { from: null, to: { daily_usd: 2.5, monthly_usd: null, alerts: [0.5, 0.8, 1] } },
  ],
  [
    "DELETE /v1/budgets/tenant",
    null,
    "budget.deleted",
    "budget:tenant",
    { from: { daily_usd: 2.5, monthly_usd: null, alerts: [0.5, 0.8, 1] } },
  ],
  [
    "PUT /v1/chains/steps",
    { steps: [{ id: "greet", prompt: "a/b", variables: { who: "x" } }] },
    "chain.published",
    "chain:steps",
    { version: 1 },
  ],
  [
    "PUT /v1/chains/steps/labels/live",
    { version: 1 },
    "chain_label.moved",
    "chain_label:steps@live",
    { from: null, to: only(1), cause: "set" },
  ],
  [
    "PUT /v1/chains/steps",
    { steps: [{ id: "greet", prompt: "a/b", variables: { who: "y" } }] },
    "chain.published",
    "chain:steps",
    { version: 2 },
  ],
  [
    "PUT /v1/chains/steps/labels/live",
    { version: 2, reason: "better" },
    "chain_label.moved",
    "chain_label:steps@live",
    { from: only(1), to: only(2), cause: "set", reason: "better" },
  ],
  [
    "POST /v1/chains/steps/labels/live/rollback",
    {},
    "chain_label.rolled_back",
    "chain_label:steps@live",
    { from: only(2), to: only(1), cause: "rollback" },
  ],
  [
    "DELETE /v1/chains/steps/labels/live",
    null,
    "chain_label.deleted",
    "chain_label:steps@live",
    { from: only(1), to: null, cause: "deletion" },
  ],
  [
    "PUT /v1/chains/steps/labels/kept",
    { version: 2 },
    "chain_label.moved",
    "chain_label:steps@kept",
    { from: null, to: only(2) },
  ],
  [
    "DELETE /v1/chains/steps",
    null,
    "chain.deleted",
    "chain:steps",
    { from: { latest_version: 2 }, labels: { kept: only(2) } },
  ],
  ["DELETE /v1/prompts/a%2Fb", null, "prompt.deleted", "prompt:a/b", { latest_version: 2, labels: {} }],
];

/** What the tests ask for beside {@link CHANGES}, because it needs more than one request. */
export const OTHER_CHANGES = [
  "POST /v1/tenants",
  "POST /v1/keys",
  "POST /v1/keys/{id}/rotate",
  "DELETE /v1/keys/{id}",
  "POST /v1/promotions/{id}/approve",
  "POST /v1/promotions/{id}/cancel",
  "POST /v1/batches/{id}/cancel",
  // test/storage/batch-retention.test.ts
  "POST /v1/batches/{id}/redrive",
];

/** Operations with the scope of a change that change nothing of a tenant. */
export const NO_CHANGES = [
  "POST /v1/webhooks/{name}/test",
  // They move rows of the deployment and change nothing of a tenant; the moves themselves are on record.
  "POST /v1/admin/shards/moves",
  "POST /v1/admin/shards/moves/{id}/cancel",
];
