import { mock, publish, type Room, STORED, TRIAGE } from "./recorded-request.ts";

const variables = { product: "CRM", body: "hello" };

/** The gate before and after it lent something, and a limit that is met. */
export const gate: Room = {
  name: "gate",
  setup: [publish(TRIAGE), publish(STORED)],
  requests: [
    { name: "the gates before any call", path: "/v1/gate" },
    { name: "a call", path: "/v1/executions", body: { prompt: "triage", variables } },
    { name: "the gates after a call", path: "/v1/gate" },
  ],
};

/** A provider key that takes one request a minute. */
export const limits: Room = {
  name: "limits",
  setup: [
    publish(TRIAGE),
    {
      name: "store a key that takes one request a minute",
      method: "PUT",
      path: "/v1/providers/openai/keys/narrow",
      body: { api_key: "mock-narrow-key", rpm: 1 },
    },
  ],
  requests: [
    { name: "the call that fits", path: "/v1/executions", body: { prompt: "triage", variables, queue: false } },
    {
      name: "a call that will not wait",
      path: "/v1/executions",
      body: { prompt: "triage", variables, queue: false },
      volatile: ["retry-after"],
    },
    {
      name: "a streamed call that will not wait",
      path: "/v1/executions",
      body: { prompt: "triage", variables, queue: false, stream: true },
      volatile: ["retry-after"],
    },
    {
      name: "a call that waits as long as it may",
      path: "/v1/executions",
      body: { prompt: "triage", variables, timeout_ms: 200 },
      volatile: ["retry-after"],
    },
    {
      name: "a call with a fallback at the other provider",
      path: "/v1/executions",
      body: { prompt: "triage", variables, models: ["gpt-4o-mini", "claude-haiku-4-5"], queue: false },
    },
  ],
};

/** A provider key that the provider refuses is parked. */
export const parked: Room = {
  name: "parked key",
  setup: [
    publish(TRIAGE),
    {
      name: "store a key",
      method: "PUT",
      path: "/v1/providers/openai/keys/refused",
      body: { api_key: "mock-refused-key" },
    },
  ],
  requests: [
    {
      name: "a call that the provider refuses for its key",
      path: "/v1/executions",
      body: { prompt: "triage", variables: { product: "CRM", body: mock({ status: 401 }) } },
      volatile: ["retry-after"],
    },
    {
      name: "a call while no key is fit",
      path: "/v1/executions",
      body: { prompt: "triage", variables, timeout_ms: 300 },
      volatile: ["retry-after"],
    },
    {
      name: "a call with a fallback while no key is fit",
      path: "/v1/executions",
      body: { prompt: "triage", variables, models: ["gpt-4o-mini", "claude-haiku-4-5"] },
    },
    {
      name: "a streamed call with a fallback while no key is fit",
      path: "/v1/executions",
      body: { prompt: "triage", variables, models: ["gpt-4o-mini", "claude-haiku-4-5"], stream: true },
    },
    { name: "the gates while the key is parked", path: "/v1/gate" },
  ],
};
