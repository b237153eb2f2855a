import { missingAndForeign } from "./neighbour.ts";
import { mock, publish, type Room, TRIAGE } from "./recorded-request.ts";

const COMPARE = "/v1/compare";
const COMPARISONS = "/v1/comparisons";
const tests = [
  {
    name: "to billing",
    inputs: { product: "CRM", body: mock({ answer: "billing" }) },
    expected_contains: ["billing"],
  },
];
const slow = { product: "CRM", body: mock({ delay_ms: 3_000 }) };

/** Comparisons. */
export const comparisons: Room = {
  name: "comparisons",
  setup: [publish({ ...TRIAGE, name: "compared", tests }), publish(TRIAGE)],
  requests: [
    {
      name: "compare two models by the newest version's tests",
      path: COMPARE,
      body: { prompt: "compared", subjects: [{}, { version: 1, model: "claude-haiku-4-5" }], tests: true, repeat: 2 },
      keep: { comparison: "id" },
    },
    { name: "read the comparison", path: `${COMPARISONS}/$comparison` },
    {
      name: "compare by a judge who names no winner",
      path: COMPARE,
      body: {
        prompt: "triage",
        subjects: [{}, { model: "gpt-4o" }],
        inputs: [{ product: "CRM", body: "My invoice is wrong." }],
        judge: { criteria: "names one team" },
        max_cost_usd: 1,
      },
    },
    {
      name: "accept more than a request executes",
      path: COMPARE,
      body: { prompt: "triage", subjects: [{}, {}], inputs: Array.from({ length: 40 }, () => slow) },
      keep: { many: "id" },
    },
    { name: "cancel it", method: "POST", path: `${COMPARISONS}/$many/cancel` },
    { name: "cancel it again", method: "POST", path: `${COMPARISONS}/$many/cancel` },
    { name: "cancel one that has ended", method: "POST", path: `${COMPARISONS}/$comparison/cancel` },
    { name: "list those of a prompt", path: `${COMPARISONS}?prompt=compared` },
    { name: "list the cancelled ones", path: `${COMPARISONS}?status=cancelled&limit=1` },
    { name: "list by a status that there is not", path: `${COMPARISONS}?status=done` },
    { name: "list from a cursor of another list", path: `${COMPARISONS}?cursor=a2V5cyBrZXlfMQ` },
    { name: "one subject", path: COMPARE, body: { prompt: "triage", subjects: [{}], inputs: [slow] } },
    { name: "inputs and tests", path: COMPARE, body: { prompt: "triage", subjects: [{}, {}], inputs: [slow], tests } },
    { name: "neither", path: COMPARE, body: { prompt: "triage", subjects: [{}, {}] } },
    { name: "a prompt without tests", path: COMPARE, body: { prompt: "triage", subjects: [{}, {}], tests: true } },
    {
      name: "an unknown version",
      path: COMPARE,
      body: { prompt: "triage", subjects: [{}, { version: 9 }], inputs: [slow] },
    },
    {
      name: "a limit that cannot be held",
      path: COMPARE,
      body: { prompt: "triage", subjects: [{}, { model: "gpt-99" }], inputs: [slow], max_cost_usd: 1 },
    },
    {
      name: "too many executions",
      path: COMPARE,
      body: { prompt: "triage", subjects: [{}, {}], inputs: Array.from({ length: 60 }, () => slow), repeat: 20 },
    },
    ...missingAndForeign(
      "read",
      { method: "GET", path: (id) => `${COMPARISONS}/${id}` },
      "cmp",
      "$neighbour_comparison",
    ),
    ...missingAndForeign(
      "cancel",
      { method: "POST", path: (id) => `${COMPARISONS}/${id}/cancel` },
      "cmp",
      "$neighbour_comparison",
    ),
  ],
};
