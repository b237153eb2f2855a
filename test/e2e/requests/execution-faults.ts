import { hasEntries, INVOICE, mock, publish, type RecordedRequest, type Room, TRIAGE } from "./recorded-request.ts";

const PATH = "/v1/executions";
const variables = { product: "CRM", body: "hello" };
const triage = { prompt: "triage", variables };

function bad(name: string, body: unknown): RecordedRequest {
  return { name, path: PATH, body };
}

/** Requests that no model is called for. */
export const badExecutions: Room = {
  name: "bad executions",
  setup: [publish(TRIAGE), publish({ ...TRIAGE, name: "broken", template: "{{ product / body }}" })],
  requests: [
    { name: "no body", method: "POST", path: PATH },
    bad("broken JSON", '{"prompt":'),
    bad("JSON that is no object", [1]),
    bad("JSON null", "null"),
    bad("an empty object", {}),
    { name: "a foreign content type", path: PATH, headers: { "content-type": "application/xml" }, body: "<a/>" },
    { name: "too large a body", path: PATH, bodyBytes: 8_388_609 },
    bad("a bad prompt name", { ...triage, prompt: "Not A Name" }),
    bad("an unknown prompt", { ...triage, prompt: "none" }),
    bad("an unknown prompt, streamed", { ...triage, prompt: "none", stream: true }),
    bad("another tenant's prompt", { ...triage, prompt: "neighbours-prompt" }),
    bad("an unknown version", { ...triage, version: 9 }),
    bad("an unknown label", { ...triage, label: "none" }),
    bad("a version and a label", { ...triage, version: 1, label: "latest" }),
    bad("no variables", { prompt: "triage" }),
    bad("no variables, streamed", { prompt: "triage", stream: true }),
    bad("a variable of the wrong type", { ...triage, variables: { product: 1, body: null } }),
    bad("variables that are a list", { ...triage, variables: [] }),
    bad("a template that fails", { prompt: "broken", variables }),
    bad("an unknown model", { ...triage, model: "llama-3" }),
    bad("an unknown model among several", { ...triage, models: ["gpt-4o-mini", "llama-3"] }),
    bad("a model and models", { ...triage, model: "gpt-4o-mini", models: ["gpt-4o-mini"] }),
    bad("no models", { ...triage, models: [] }),
    bad("too many models", { ...triage, models: Array.from({ length: 9 }, () => "gpt-4o-mini") }),
    bad("bad parameters", { ...triage, parameters: { temperature: 3, max_tokens: 0, top_p: -1, stop: [], seed: 1 } }),
    bad("bad fields", {
      ...triage,
      stream: "yes",
      priority: "urgent",
      queue: 1,
      async: "later",
      cache: "no",
      user: "",
      timeout_ms: 0,
      version: 0,
      label: "A",
    }),
    bad("bad metadata", { ...triage, metadata: { nested: { a: 1 } } }),
    bad("too much metadata", {
      ...triage,
      metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, i])),
    }),
    bad("an unknown field", { ...triage, colour: "blue" }),
    bad("later and streamed", { ...triage, async: true, stream: true }),
    { name: "by name: an unknown prompt", path: "/v1/prompts/none/execute", body: { variables } },
    { name: "by name: another tenant's", path: "/v1/prompts/neighbours-prompt/execute", body: { variables } },
    { name: "by name: a bad name", path: "/v1/prompts/Bad/execute", body: { variables } },
    { name: "by name: broken JSON", path: "/v1/prompts/triage/execute", body: "{" },
    { name: "by name: no body", method: "POST", path: "/v1/prompts/triage/execute" },
  ],
};

/** How the mock provider fails, and what the request says beside it. */
const FAILURES: [name: string, profile: Record<string, unknown>, request?: Record<string, unknown>][] = [
  ["400", { status: 400, error_message: "bad request of the mock" }],
  ["401", { status: 401 }],
  ["404", { status: 404 }],
  ["429 with a long retry-after", { status: 429, retry_after: "7" }],
  ["429 for lack of quota", { status: 429, error_code: "insufficient_quota" }],
  ["500", { status: 500 }],
  ["503", { status: 503 }],
  ["529", { status: 529 }],
  ["a stream that is cut", { fault: "cut_stream" }],
  ["a truncated answer", { fault: "truncate" }],
  ["an answer without its end", { fault: "no_done" }],
  ["garbage in place of JSON", { fault: "garbage_json" }],
  ["HTML in place of JSON", { fault: "html" }],
  ["an error in a 200", { fault: "error_in_200" }],
  ["no usage", { fault: "missing_usage" }],
  ["wrong usage", { fault: "wrong_usage" }],
  ["a timeout", { fault: "hang_before_headers" }, { timeout_ms: 800 }],
  ["a timeout in mid-stream", { fault: "hang_mid_stream" }, { timeout_ms: 1_000 }],
];

/**
 * Each failure on both providers, whole and streamed in tenants of their own: a failure changes
 * what the gate does next.
 */
export const providerFailures: Room[] = FAILURES.flatMap(([name, profile, request]) =>
  [false, true].map((stream): Room => {
    const body = { ...triage, stream, variables: { ...variables, body: mock(profile) }, ...request };
    return {
      name: `${name}, ${stream ? "streamed" : "whole"}`,
      setup: [publish(TRIAGE)],
      requests: [
        ...["gpt-4o-mini", "claude-haiku-4-5"].map((model) => ({ name: model, path: PATH, body: { ...body, model } })),
        { name: "what was recorded", path: PATH, until: hasEntries(2) },
      ],
    };
  }),
);

const refusal = "I can't help with that.";

/** Fallbacks, and answers that do not fit. */
export const fallbacks: Room[] = [
  {
    name: "fallback that fails too",
    setup: [publish(TRIAGE)],
    requests: [
      {
        name: "both providers fail",
        path: PATH,
        body: {
          ...triage,
          models: ["gpt-4o-mini", "claude-haiku-4-5"],
          variables: { ...variables, body: mock({ status: 500 }) },
        },
      },
    ],
  },
  {
    name: "output that does not fit its schema",
    setup: [publish(INVOICE)],
    requests: [
      {
        name: "a refusal, whole",
        path: PATH,
        body: {
          prompt: "invoice",
          model: "gpt-4o-mini",
          cache: false,
          variables: { invoice: mock({ answer: refusal }) },
        },
      },
    ],
  },
  {
    name: "output that does not fit its schema, streamed",
    setup: [publish(INVOICE)],
    requests: [
      {
        name: "a refusal, streamed",
        path: PATH,
        body: {
          prompt: "invoice",
          model: "gpt-4o-mini",
          cache: false,
          stream: true,
          variables: { invoice: mock({ answer: refusal }) },
        },
      },
    ],
  },
  {
    name: "output without a required field",
    setup: [publish(INVOICE)],
    requests: [
      {
        name: "a field is missing",
        path: PATH,
        body: {
          prompt: "invoice",
          model: "claude-haiku-4-5",
          cache: false,
          variables: { invoice: mock({ answer: '{"vendor":"ACME"}' }) },
        },
      },
    ],
  },
];
