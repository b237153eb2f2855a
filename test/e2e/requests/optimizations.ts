import { missingAndForeign } from "./neighbour.ts";
import { isOver, mock, publish, type Room } from "./recorded-request.ts";

const OPTIMIZATIONS = "/v1/optimizations";
const WORDY = {
  name: "wordy",
  model: "gpt-4o-mini",
  template:
    "Please make sure to route this ticket to the right team. Please note that only one team is allowed.\n\n\n\n" +
    "Please make sure to route this ticket to the right team.\n\nTicket: {{ body }}",
  variables: { body: { type: "string", required: true }, unused: { type: "string", required: false } },
  settings: { temperature: 0.2, max_tokens: 200 },
};
const tests = [
  { name: "billing", inputs: { body: mock({ answer: "billing" }) }, expected: "billing" },
  { name: "technical", inputs: { body: mock({ answer: "technical" }) }, expected: "technical" },
  { name: "account", inputs: { body: mock({ answer: "account" }) }, expected: "account" },
];
const optimize = (name: string) => `/v1/prompts/${name}/optimize`;
const tokens = { goal: "tokens", max_cost_usd: 20 };

/** Optimisations. */
export const optimizations: Room = {
  name: "optimisations",
  setup: [publish({ ...WORDY, tests }), publish({ ...WORDY, name: "untested" })],
  requests: [
    {
      name: "look for fewer tokens",
      path: optimize("wordy"),
      body: { ...tokens, reflections: 1, min_saving: 0.1 },
      keep: { optimization: "id" },
    },
    { name: "read what was found and published", path: `${OPTIMIZATIONS}/$optimization`, until: isOver },
    { name: "of a prompt without tests", path: optimize("untested"), body: tokens, keep: { proposed: "id" } },
    { name: "read what is proposed", path: `${OPTIMIZATIONS}/$proposed`, until: isOver },
    { name: "list them", path: `${OPTIMIZATIONS}?limit=1` },
    { name: "list those of a prompt that have ended", path: `${OPTIMIZATIONS}?prompt=wordy&status=completed` },
    { name: "a cursor of another list", path: `${OPTIMIZATIONS}?cursor=a2V5cyBrZXlfMQ` },
    { name: "cancel one that has ended", method: "POST", path: `${OPTIMIZATIONS}/$optimization/cancel` },
    { name: "a score without tests", path: optimize("untested"), body: { goal: "score", max_cost_usd: 1 } },
    { name: "no limit", path: optimize("wordy"), body: { goal: "tokens" } },
    { name: "an unknown goal", path: optimize("wordy"), body: { goal: "speed", max_cost_usd: 1 } },
    { name: "an unknown prompt", path: optimize("none"), body: tokens },
    { name: "an unknown version", path: optimize("wordy"), body: { ...tokens, version: 9 } },
    ...missingAndForeign(
      "read",
      { method: "GET", path: (id) => `${OPTIMIZATIONS}/${id}` },
      "opt",
      "$neighbour_optimization",
    ),
    ...missingAndForeign(
      "cancel",
      { method: "POST", path: (id) => `${OPTIMIZATIONS}/${id}/cancel` },
      "opt",
      "$neighbour_optimization",
    ),
  ],
};
