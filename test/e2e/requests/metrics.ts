import { issueKey, type Room } from "./recorded-request.ts";

/** Metrics, whose numbers are those of a clock, so that only their headers are recorded. */
export const metrics: Room = {
  name: "metrics",
  setup: [issueKey("prompts-reader", ["prompts:read"])],
  requests: [
    { name: "a tenant's metrics", path: "/metrics", headOnly: true },
    { name: "the deployment's metrics", path: "/metrics", as: "root", headOnly: true },
    { name: "metrics without a key", path: "/metrics", as: null },
    { name: "metrics without the scope", path: "/metrics", as: "prompts-reader" },
    { name: "the live stream without a key", path: "/v1/metrics/live", as: null },
    { name: "the live stream without the scope", path: "/v1/metrics/live", as: "prompts-reader" },
    { name: "the live stream with the root key", path: "/v1/metrics/live", as: "root" },
    { name: "POST /metrics", method: "POST", path: "/metrics" },
    { name: "POST /v1/metrics/live", method: "POST", path: "/v1/metrics/live" },
  ],
};
