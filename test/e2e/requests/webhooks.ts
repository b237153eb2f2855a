import type { Room } from "./recorded-request.ts";

const path = "/v1/webhooks/ops";
/** A name that nobody has: RFC 2606 keeps `.invalid` free. */
const url = "https://hooks.invalid/pbt";

/** The tenant's webhooks. The receiver does not exist. */
export const webhooks: Room = {
  name: "webhooks",
  requests: [
    { name: "no webhooks", path: "/v1/webhooks" },
    {
      name: "set a webhook",
      method: "PUT",
      path,
      body: { url, events: ["prompt.published", "budget.alert"], prompts: ["support/*"] },
    },
    {
      name: "replace it, with an event that is not sent yet",
      method: "PUT",
      path,
      body: { url, events: ["anomaly.detected", "test_run.completed"] },
    },
    { name: "read it", path },
    { name: "the webhooks", path: "/v1/webhooks" },
    { name: "test it", method: "POST", path: `${path}/test` },
    {
      name: "an address that is not https",
      method: "PUT",
      path,
      body: { url: "http://hooks.invalid", events: ["label.moved"] },
    },
    { name: "an unknown event", method: "PUT", path, body: { url, events: ["prompt.deleted"] } },
    {
      name: "a pattern with a star inside",
      method: "PUT",
      path,
      body: { url, events: ["label.moved"], prompts: ["a*b"] },
    },
    { name: "delete it", method: "DELETE", path },
    { name: "delete it again", method: "DELETE", path },
    { name: "read it after that", path },
    { name: "test it after that", method: "POST", path: `${path}/test` },
  ],
};
