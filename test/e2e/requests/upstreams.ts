import type { Room } from "./recorded-request.ts";

/** The origin that the recording's server allows to upstreams. Nothing is sent there. */
export const UPSTREAM_ORIGIN = "https://llm.example.com";

const PATH = "/v1/providers/llm";
const UPSTREAM = { kind: "openai", base_url: `${UPSTREAM_ORIGIN}/v1` };
const PRICE = "/v1/prices/llm/Some%2FModel";

/** Upstreams of a tenant's own, with their keys and prices. */
export const upstreams: Room = {
  name: "upstreams",
  requests: [
    { name: "list no upstreams", path: "/v1/providers" },
    { name: "set an upstream", method: "PUT", path: PATH, body: UPSTREAM },
    {
      name: "replace an upstream",
      method: "PUT",
      path: PATH,
      body: { ...UPSTREAM, headers: { "X-Team": "search", "api-key": "a-secret" } },
    },
    { name: "read an upstream", path: PATH },
    { name: "list upstreams", path: "/v1/providers" },
    {
      name: "store a key of an upstream",
      method: "PUT",
      path: `${PATH}/keys/main`,
      body: { api_key: "mock-upstream-key" },
    },
    { name: "list keys of an upstream", path: `${PATH}/keys` },
    { name: "set a price at an upstream", method: "PUT", path: PRICE, body: { input: 3, output: 7, per: "1M" } },
    { name: "the price of a model of an upstream", path: "/v1/prices?model=llm/Some/Model" },
    { name: "no price of a model of an upstream", path: "/v1/prices?model=llm/Other" },
    { name: "the gates with that of an upstream", path: "/v1/gate" },
    {
      name: "set an upstream at an origin that is not allowed",
      method: "PUT",
      path: PATH,
      body: { ...UPSTREAM, base_url: "https://elsewhere.example.com/v1" },
    },
    {
      name: "set an upstream with a header of ours",
      method: "PUT",
      path: PATH,
      body: { ...UPSTREAM, headers: { Host: "x" } },
    },
    { name: "set an upstream with bad fields", method: "PUT", path: PATH, body: { kind: "gemini", url: "x" } },
    {
      name: "set an upstream with the name of a provider",
      method: "PUT",
      path: "/v1/providers/openai",
      body: UPSTREAM,
    },
    { name: "set an upstream with a bad name", method: "PUT", path: "/v1/providers/Bad%20Name", body: UPSTREAM },
    { name: "read another tenant's upstream", path: "/v1/providers/neighbours-llm" },
    { name: "read an unknown upstream", path: "/v1/providers/none" },
    { name: "delete another tenant's upstream", method: "DELETE", path: "/v1/providers/neighbours-llm" },
    { name: "list keys of another tenant's upstream", path: "/v1/providers/neighbours-llm/keys" },
    { name: "delete an upstream", method: "DELETE", path: PATH },
    { name: "delete an upstream that is gone", method: "DELETE", path: PATH },
    { name: "list keys of an upstream that is gone", path: `${PATH}/keys` },
    { name: "list the prices that are left", path: "/v1/prices" },
  ],
};
