import { missingAndForeign } from "./neighbour.ts";
import { mock, publish, type Room, TRIAGE } from "./recorded-request.ts";

const RUN = "/v1/prompts/tested/tests/run";
const RUNS = "/v1/test-runs";
const answering = (answer: string) => ({ product: "CRM", body: mock({ answer }) });
const tests = [{ name: "to billing", inputs: answering("billing"), expected_contains: ["billing"] }];
const given = [
  {
    name: "a team",
    variables: answering('{"team": "billing"}'),
    assertions: [
      { type: "is_json" },
      { type: "json_path", path: "team", value: "billing" },
      { type: "regex", value: "^\\{.*\\}$" },
      { type: "max_tokens", value: 500 },
    ],
  },
  {
    name: "too long, and no team",
    variables: answering("I am sorry, but I cannot tell."),
    assertions: [
      { type: "max_length", value: 5, weight: 2 },
      { type: "keywords", value: ["billing", "sorry"] },
      { type: "refusal", not: true },
    ],
  },
];
const slow = { name: "slow", variables: { product: "CRM", body: mock({ delay_ms: 3_000 }) } };

/** Test runs. */
export const testRuns: Room = {
  name: "test runs",
  setup: [publish({ ...TRIAGE, name: "tested", tests }), publish(TRIAGE)],
  requests: [
    { name: "run the file's tests", path: RUN, body: {}, keep: { run: "id" } },
    { name: "read the run", path: `${RUNS}/$run` },
    { name: "follow the run", path: `${RUNS}/$run/events` },
    { name: "list the runs of the prompt", path: "/v1/prompts/tested/test-runs" },
    { name: "list those of a version that has none", path: "/v1/prompts/tested/test-runs?version=2" },
    { name: "list with a foreign cursor", path: "/v1/prompts/tested/test-runs?cursor=x" },
    { name: "run them again where nothing changed", path: RUN, body: { reuse: true } },
    { name: "read it as JUnit", path: `${RUNS}/$run/junit.xml` },
    { name: "run other tests", path: RUN, body: { tests: given, version: 1 }, keep: { other: "id" } },
    { name: "read those as JUnit", path: `${RUNS}/$other/junit.xml` },
    {
      name: "run with two models, three times",
      path: RUN,
      body: { models: ["gpt-4o-mini", "claude-haiku-4-5"], repeat: 3, concurrency: 2 },
    },
    {
      name: "a case with the wrong variables, and one whose provider fails",
      path: RUN,
      body: {
        tests: [
          { name: "wrong", variables: { product: 1 } },
          { name: "failing", variables: { product: "CRM", body: mock({ status: 400 }) } },
        ],
      },
    },
    {
      name: "accept more than a request runs",
      path: RUN,
      body: { tests: Array.from({ length: 6 }, () => slow), repeat: 20, concurrency: 1 },
      keep: { many: "id" },
    },
    { name: "cancel them", method: "POST", path: `${RUNS}/$many/cancel` },
    { name: "cancel them again", method: "POST", path: `${RUNS}/$many/cancel` },
    { name: "cancel a run that has ended", method: "POST", path: `${RUNS}/$run/cancel` },
    { name: "run for too little money", path: RUN, body: { max_cost_usd: 0.000_001 } },
    { name: "run once by a key", path: RUN, body: {}, headers: { "idempotency-key": "tests-1" }, keep: { once: "id" } },
    { name: "run again by the key", path: RUN, body: {}, headers: { "idempotency-key": "tests-1" } },
    { name: "run others by the key", path: RUN, body: { repeat: 2 }, headers: { "idempotency-key": "tests-1" } },
    {
      name: "import a configuration of promptfoo",
      path: "/v1/import/tests",
      body: {
        prompts: ["Say {{ a }}"],
        providers: ["openai:gpt-4o", "vertex:x"],
        tests: [
          {
            vars: { a: ["b", "c"] },
            assert: [
              { type: "icontains", value: "{{a}}" },
              { type: "python", value: "1" },
            ],
          },
        ],
      },
    },
    { name: "import something else", path: "/v1/import/tests", body: { name: "x" } },
    {
      name: "run a file of tests with a fault",
      path: RUN,
      headers: { "content-type": "application/yaml" },
      body: "prompt: tested\nrepeat: 2\ntests:\n  - {name: a, inputs: {}, expect: x}\n",
    },
    {
      name: "run lines of tests",
      path: `${RUN}?repeat=2`,
      headers: { "content-type": "application/x-ndjson" },
      body: `${JSON.stringify({ name: "a", variables: answering("x"), assertions: [{ type: "equals", value: "x" }] })}\n`,
    },
    { name: "a prompt without tests", path: "/v1/prompts/triage/tests/run", body: {} },
    { name: "an unknown prompt", path: "/v1/prompts/none/tests/run", body: {} },
    { name: "an unknown version", path: RUN, body: { version: 9 } },
    { name: "a version and a label", path: RUN, body: { version: 1, label: "production" } },
    { name: "too many trials", path: RUN, body: { tests: Array.from({ length: 60 }, () => slow), repeat: 20 } },
    {
      name: "faulty assertions",
      path: RUN,
      body: {
        tests: [
          { name: "t", assertions: [{ type: "contains" }, { type: "regex", value: "(?=a)b" }, { type: "json_path" }] },
          { name: "", weight: -1, assertions: [{ type: "startsWith", value: "a" }] },
        ],
      },
    },
    { name: "an unknown field", path: RUN, body: { runs: 3 } },
    { name: "a method that the path does not have", method: "DELETE", path: `${RUNS}/$run` },
    ...missingAndForeign("read", { method: "GET", path: (id) => `${RUNS}/${id}` }, "tst", "$neighbour_test_run"),
    ...missingAndForeign(
      "follow",
      { method: "GET", path: (id) => `${RUNS}/${id}/events` },
      "tst",
      "$neighbour_test_run",
    ),
    ...missingAndForeign(
      "JUnit",
      { method: "GET", path: (id) => `${RUNS}/${id}/junit.xml` },
      "tst",
      "$neighbour_test_run",
    ),
    ...missingAndForeign(
      "cancel",
      { method: "POST", path: (id) => `${RUNS}/${id}/cancel` },
      "tst",
      "$neighbour_test_run",
    ),
  ],
};
