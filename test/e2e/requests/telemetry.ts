import type { Room } from "./recorded-request.ts";

const path = "/v1/telemetry";
/** A name that nobody has: RFC 2606 keeps `.invalid` free. */
const collector = { otlp_endpoint: "https://otel.invalid", sample: 0, content: false };

/** Where the tenant's traces go. The collector does not exist. */
export const telemetry: Room = {
  name: "telemetry",
  requests: [
    { name: "no collector", path },
    { name: "set a collector", method: "PUT", path, body: collector },
    {
      name: "replace it, with headers",
      method: "PUT",
      path,
      body: { ...collector, sample: 0.5, content: true, headers: { "X-Team": "search", "api-key": "a-secret" } },
    },
    { name: "read it", path },
    {
      name: "an endpoint that is not https",
      method: "PUT",
      path,
      body: { ...collector, otlp_endpoint: "http://otel.invalid" },
    },
    { name: "a private endpoint", method: "PUT", path, body: { ...collector, otlp_endpoint: "https://10.0.0.1" } },
    { name: "a header of ours", method: "PUT", path, body: { ...collector, headers: { Host: "x" } } },
    { name: "a ratio above one, and nothing of content", method: "PUT", path, body: { otlp_endpoint: "x", sample: 2 } },
    { name: "a method that there is not", method: "POST", path, body: collector },
    { name: "content alone, without a collector", method: "PUT", path, body: { content: true } },
    { name: "a share of no collector's", method: "PUT", path, body: { content: true, sample: 1 } },
    { name: "a collector without a share", method: "PUT", path, body: { ...collector, sample: undefined } },
    { name: "delete it", method: "DELETE", path },
    { name: "delete it again", method: "DELETE", path },
    { name: "read it after that", path },
  ],
};
