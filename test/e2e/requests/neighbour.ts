import { publish, type Room, TRIAGE, unknownId } from "./recorded-request.ts";
import { UPSTREAM_ORIGIN } from "./upstreams.ts";

/**
 * Another tenant, whose objects the other rooms ask for in vain: what it keeps is known to them
 * all.
 */
export const neighbour: Room = {
  name: "neighbour",
  setup: [
    publish({ ...TRIAGE, name: "neighbours-prompt" }),
    {
      name: "give its prompt another name",
      method: "PUT",
      path: "/v1/aliases/neighbours-alias",
      body: { prompt: "neighbours-prompt" },
    },
    {
      name: "store a key of its own",
      method: "PUT",
      path: "/v1/providers/openai/keys/neighbours-key",
      body: { api_key: "mock-key-of-the-neighbour" },
    },
    {
      name: "set an upstream of its own",
      method: "PUT",
      path: "/v1/providers/neighbours-llm",
      body: { kind: "openai", base_url: `${UPSTREAM_ORIGIN}/v1` },
    },
    {
      name: "set a price of its own",
      method: "PUT",
      path: "/v1/prices/openai/gpt-neighbours",
      body: { input: 1, output: 2, per: "1M" },
    },
    {
      name: "publish a chain of its own",
      method: "PUT",
      path: "/v1/chains/neighbours-chain",
      body: { steps: [{ id: "route", prompt: "neighbours-prompt", variables: { product: "CRM", body: "chain" } }] },
    },
  ],
  requests: [
    {
      name: "create a key",
      path: "/v1/keys",
      body: { name: "first", scopes: ["admin"] },
      keep: { neighbour_key: "id", neighbour_secret: "secret" },
    },
    {
      name: "execute",
      path: "/v1/executions",
      body: { prompt: "neighbours-prompt", variables: { product: "CRM", body: "hello" } },
      keep: { neighbour_execution: "id" },
    },
    {
      name: "accept an execution for later",
      path: "/v1/executions",
      body: { prompt: "neighbours-prompt", variables: { product: "CRM", body: "later" }, async: true },
      keep: { neighbour_async: "id" },
    },
    {
      name: "accept a batch",
      path: "/v1/batches",
      body: { prompt: "neighbours-prompt", items: [{ variables: { product: "CRM", body: "batch" } }] },
      keep: { neighbour_batch: "id" },
    },
    {
      name: "run a test",
      path: "/v1/prompts/neighbours-prompt/tests/run",
      body: { tests: [{ name: "routes", variables: { product: "CRM", body: "test" } }] },
      keep: { neighbour_test_run: "id" },
    },
    {
      name: "protect a label",
      method: "PUT",
      path: "/v1/prompts/neighbours-prompt/labels/guarded/protection",
      body: { tests: false, compatible_variables: false, approvals: 1 },
    },
    {
      name: "ask for its promotion",
      method: "PUT",
      path: "/v1/prompts/neighbours-prompt/labels/guarded",
      body: { version: 1 },
      keep: { neighbour_promotion: "promotion.id" },
    },
    {
      name: "compare",
      path: "/v1/compare",
      body: { prompt: "neighbours-prompt", subjects: [{}, {}], inputs: [{ product: "CRM", body: "test" }] },
      keep: { neighbour_comparison: "id" },
    },
    {
      name: "optimise",
      path: "/v1/prompts/neighbours-prompt/optimize",
      body: { goal: "tokens", max_cost_usd: 1 },
      keep: { neighbour_optimization: "id" },
    },
    {
      name: "run a chain",
      path: "/v1/chains/neighbours-chain/execute",
      body: {},
      keep: { neighbour_chain_run: "id" },
    },
  ],
};

/**
 * Requests for an object that does not exist and for one of another tenant: the answers are the
 * same.
 */
export function missingAndForeign(
  what: string,
  request: { method: string; path: (id: string) => string; body?: unknown },
  prefix: Parameters<typeof unknownId>[0],
  foreign: string,
) {
  const { method, path, body } = request;
  return [
    { name: `${what}: unknown id`, method, path: path(unknownId(prefix)), body },
    { name: `${what}: malformed id`, method, path: path("no-id"), body },
    { name: `${what}: another tenant's`, method, path: path(foreign), body },
  ];
}
