import { publish, type Room, TRIAGE } from "./recorded-request.ts";

const body = { prompt: "triage", variables: { product: "CRM", body: "hello" } };
/** Less than any call can cost. */
const TINY = 0.000001;

/** Budgets by the day, whose end is always near, and the calls that they refuse. */
export const budgets: Room = {
  name: "budgets",
  setup: [publish(TRIAGE)],
  requests: [
    { name: "no budgets", path: "/v1/budgets" },
    { name: "set a tenant's budget", method: "PUT", path: "/v1/budgets/tenant", body: { daily_usd: 5 } },
    {
      name: "replace it, with alerts",
      method: "PUT",
      path: "/v1/budgets/tenant",
      body: { daily_usd: 2.5, alerts: [0.9, 0.5] },
    },
    {
      name: "set a prompt's budget",
      method: "PUT",
      path: "/v1/budgets/prompt:triage",
      body: { daily_usd: TINY, alerts: [] },
    },
    { name: "the budgets before any call", path: "/v1/budgets" },
    { name: "a call that does not fit", path: "/v1/executions", body },
    { name: "a streamed call that does not fit", path: "/v1/executions", body: { ...body, stream: true } },
    {
      name: "a call of a model without a price",
      path: "/v1/executions",
      body: { ...body, model: "gpt-99-unheard-of" },
    },
    { name: "the budgets after a refusal", path: "/v1/budgets" },
    { name: "remove a prompt's budget", method: "DELETE", path: "/v1/budgets/prompt:triage" },
    { name: "remove it again", method: "DELETE", path: "/v1/budgets/prompt:triage" },
    { name: "a budget without a limit", method: "PUT", path: "/v1/budgets/tenant", body: {} },
    { name: "a budget of nothing known", method: "PUT", path: "/v1/budgets/everything", body: { daily_usd: 1 } },
    {
      name: "a budget of a missing key",
      method: "PUT",
      path: "/v1/budgets/key:key_01900000-0000-7000-8000-000000000000",
      body: { daily_usd: 1 },
    },
  ],
};
