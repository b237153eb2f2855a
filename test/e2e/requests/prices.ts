import { publish, type Room, TRIAGE } from "./recorded-request.ts";

const SOL = "/v1/prices/openai/gpt-6-sol";
const OWN = { input: 1.5, output: 8, cached_input: 0.1, cache_write_5m: 2, cache_write_1h: 3, per: "1M" };
const USAGE = { prompt_tokens: 1000, completion_tokens: 100 };
const PARTS = { cached: 300, cache_write: 400, cache_write_longer: 100, reasoning: 60 };
const BODY = `[[mock:${JSON.stringify({ fault: "wrong_usage", usage: USAGE, usage_parts: PARTS })}]]`;
const EXECUTION = { prompt: "triage", variables: { product: "CRM", body: BODY }, cache: false };

/** What a tenant pays for models, and what executions cost by line. */
export const prices: Room = {
  name: "prices",
  setup: [publish(TRIAGE)],
  requests: [
    { name: "list no prices", path: "/v1/prices" },
    { name: "the list price of a model", path: "/v1/prices?model=gpt-6-sol" },
    { name: "the price of a newer model", path: "/v1/prices?model=claude-sonnet-5-5" },
    { name: "no price of a model", path: "/v1/prices?model=gpt-nonesuch" },
    { name: "the price of no model", path: "/v1/prices?model=nonesuch" },
    { name: "execute at a list price", path: "/v1/executions", body: { ...EXECUTION, model: "claude-opus-5-5" } },
    { name: "set a price", method: "PUT", path: SOL, body: OWN },
    { name: "execute at the tenant's price", path: "/v1/executions", body: { ...EXECUTION, model: "gpt-6-sol" } },
    {
      name: "stream at the tenant's price",
      path: "/v1/executions",
      body: { ...EXECUTION, model: "gpt-6-sol", stream: true },
    },
    { name: "the tenant's price of a model", path: "/v1/prices?model=openai/gpt-6-sol" },
    { name: "replace a price", method: "PUT", path: SOL, body: { input: 1, output: 2, per: "1M" } },
    { name: "list prices", path: "/v1/prices" },
    { name: "set a negative price", method: "PUT", path: SOL, body: { ...OWN, input: -1 } },
    { name: "set a price without a unit", method: "PUT", path: SOL, body: { input: 1, output: 2 } },
    { name: "set a price of a retired model", method: "PUT", path: "/v1/prices/openai/gpt-4", body: OWN },
    { name: "set a price of another provider's model", method: "PUT", path: "/v1/prices/anthropic/gpt-4o", body: OWN },
    { name: "set a price at an unknown provider", method: "PUT", path: "/v1/prices/none/gpt-4o", body: OWN },
    { name: "delete another tenant's price", method: "DELETE", path: "/v1/prices/openai/gpt-neighbours" },
    { name: "delete an unknown price", method: "DELETE", path: "/v1/prices/openai/gpt-none" },
    { name: "delete a price", method: "DELETE", path: SOL },
    { name: "the list price again", path: "/v1/prices?model=gpt-6-sol" },
  ],
};
