import type { Room } from "./recorded-request.ts";

/** The origin that the recorded server lets browsers call from. */
export const ALLOWED_ORIGIN = "https://app.example.com";

const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };

/** Operations, the API's document, CORS, tracing and what no route takes. */
export const system: Room = {
  name: "system",
  requests: [
    { name: "liveness", path: "/health", as: null },
    { name: "readiness", path: "/ready", as: null },
    { name: "the document of the API", path: "/openapi.json", as: null },
    { name: "the page of the API", path: "/docs", as: null, headOnly: true },
    { name: "an asset of the page", path: "/assets/rapidoc.js", as: null, headOnly: true },
    { name: "an unknown asset", path: "/assets/none.js", as: null },
    { name: "the root", path: "/", as: null, headOnly: true },
    { name: "an unknown route", path: "/v1/nothing" },
    { name: "an unknown route without a key", path: "/v1/nothing", as: null },
    {
      name: "a request id and a trace of the caller's own",
      path: "/health",
      as: null,
      headers: {
        "x-request-id": "caller-1",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    },
    {
      name: "a request id and a trace that are malformed",
      path: "/health",
      as: null,
      headers: { "x-request-id": "not an id", traceparent: "00-0-0-0" },
    },
    {
      name: "a preflight of an allowed origin",
      method: "OPTIONS",
      path: "/v1/executions",
      as: null,
      headers: { origin: ALLOWED_ORIGIN, ...preflight },
    },
    {
      name: "a preflight of another origin",
      method: "OPTIONS",
      path: "/v1/executions",
      as: null,
      headers: { origin: "https://elsewhere.example.com", ...preflight },
    },
    { name: "a request of an allowed origin", path: "/health", as: null, headers: { origin: ALLOWED_ORIGIN } },
    {
      name: "an error to an allowed origin",
      path: "/v1/usage",
      as: null,
      headers: { origin: ALLOWED_ORIGIN },
    },
    {
      name: "a request of another origin",
      path: "/health",
      as: null,
      headers: { origin: "https://elsewhere.example.com" },
    },
    { name: "HEAD of a route", method: "HEAD", path: "/health", as: null },
  ],
};
