import { hasEntries, isOver, mock, publish, type Room, STORED, TRIAGE } from "./recorded-request.ts";

const PATH = "/v1/executions";
const variables = { product: "CRM", body: "later" };
/** An answer that takes long enough to be seen running. */
const slow = { product: "CRM", body: mock({ delay_ms: 2_500, answer: "slow" }) };
const later = { prompt: "triage", variables, async: true };

/** Executions that are accepted now and made later. */
export const deferred: Room = {
  name: "deferred executions",
  setup: [publish(TRIAGE)],
  requests: [
    { name: "accept", path: PATH, body: { ...later, variables: slow }, keep: { accepted: "id" } },
    {
      name: "accept by name",
      path: "/v1/prompts/triage/execute",
      body: { variables, async: true },
      keep: { named: "id" },
    },
    { name: "accept in the high lane", path: PATH, body: { ...later, priority: "high" }, keep: { high: "id" } },
    {
      name: "accept one that fails",
      path: PATH,
      body: { ...later, variables: { ...variables, body: mock({ status: 400 }) } },
      keep: { failing: "id" },
    },
    { name: "an unknown prompt", path: PATH, body: { ...later, prompt: "none" } },
    { name: "no variables", path: PATH, body: { prompt: "triage", async: true } },
    { name: "an unknown model", path: PATH, body: { ...later, model: "llama-3" }, keep: { unknown: "id" } },
    { name: "read it while it runs", path: `${PATH}/$accepted`, until: ({ status }) => status === "running" },
    { name: "another tenant's", path: `${PATH}/$neighbour_async` },
    { name: "read it once it is over", path: `${PATH}/$accepted`, until: isOver },
    { name: "read the one by name", path: `${PATH}/$named`, until: isOver },
    { name: "read the one in the high lane", path: `${PATH}/$high`, until: isOver },
    { name: "read the one that fails", path: `${PATH}/$failing`, until: isOver },
    { name: "read the one with an unknown model", path: `${PATH}/$unknown`, until: isOver },
  ],
};

const USAGE = "/v1/usage";

/** A bucket of OpenAI's usage export, which no test ever reaches. */
const hourOf2100 = (result: object) => ({ start_time: 4_102_444_800, end_time: 4_102_448_400, results: [result] });

/** Usage, grouped. */
export const usage: Room = {
  name: "usage",
  setup: [publish(TRIAGE), publish(STORED)],
  requests: [
    { name: "nothing yet", path: USAGE },
    { name: "nothing yet, grouped", path: `${USAGE}?group_by=model` },
    { name: "a call", path: PATH, body: { prompt: "triage", variables, user: "ada" } },
    {
      name: "a call of the other provider",
      path: PATH,
      body: { prompt: "triage", variables, model: "claude-haiku-4-5" },
    },
    {
      name: "a call that fails",
      path: PATH,
      body: { prompt: "triage", variables: { product: "x", body: mock({ status: 400 }) } },
    },
    { name: "an answer that is stored", path: PATH, body: { prompt: "stored", variables: { text: "hi" } } },
    { name: "the stored answer", path: PATH, body: { prompt: "stored", variables: { text: "hi" } } },
    { name: "all executions are recorded", path: PATH, until: hasEntries(5) },
    { name: "in all", path: USAGE },
    ...[
      "prompt",
      "model",
      "provider",
      "key",
      "user",
      "hour",
      "day",
      "prompt,model",
      "day, user",
      "tag,lane,version,label",
    ].map((by) => ({
      name: `by ${by}`,
      path: `${USAGE}?group_by=${encodeURIComponent(by)}`,
    })),
    { name: "as CSV", path: `${USAGE}?group_by=model&format=csv` },
    { name: "as something unknown", path: `${USAGE}?format=xml` },
    { name: "by something unknown", path: `${USAGE}?group_by=colour` },
    { name: "by nothing", path: `${USAGE}?group_by=` },
    { name: "of the past", path: `${USAGE}?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z` },
    { name: "a bad time", path: `${USAGE}?from=yesterday&to=now` },
    { name: "an end before the start", path: `${USAGE}?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z` },
    { name: "too long a time", path: `${USAGE}?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z` },
    {
      name: "reconcile an hour to come, of which the provider bills something already",
      path: `${USAGE}/reconcile`,
      body: {
        provider: "openai",
        rows: [{ data: [hourOf2100({ model: "gpt-4o-2024-08-06", input_tokens: 9, output_tokens: 0 })] }],
      },
    },
    {
      name: "reconcile rows that are not grouped by model",
      path: `${USAGE}/reconcile`,
      body: { provider: "openai", rows: [hourOf2100({ model: null, input_tokens: 9, output_tokens: 0 })] },
    },
    {
      name: "reconcile rows of the other provider",
      path: `${USAGE}/reconcile`,
      body: { provider: "anthropic", rows: [hourOf2100({ model: "gpt-4o", input_tokens: 9, output_tokens: 0 })] },
    },
  ],
};
