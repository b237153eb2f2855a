import { describe, expect, it } from "vitest";
import { createProviders } from "../../../src/providers/create-providers.ts";
import { HostRefused } from "../../../src/services/system/public-fetch.ts";
import { createUpstreamFetch } from "../../../src/services/system/upstream-fetch.ts";
import { call, failure, request } from "../../providers/wire-fixtures.ts";

const ORIGIN = "https://llm.example.com";
const ENDPOINTS = {
  openai: { baseUrl: "https://api.openai.com/v1" },
  anthropic: { baseUrl: "https://api.anthropic.com" },
};

/** The error of a call to an upstream whose `fetch` throws this. */
async function errorOf(thrown: Error) {
  const upstreamFetch = createUpstreamFetch(async () => Promise.reject(thrown));
  const { direct } = createProviders(ENDPOINTS, { builtIn: [], upstreams: [ORIGIN] }, fetch, upstreamFetch);
  const upstream = { name: "llm", kind: "openai" as const, base_url: `${ORIGIN}/v1`, headers: {} };
  return failure(() => direct.openai.complete(request({ provider: "llm" }), { ...call(), upstream }));
}

describe("a call to an upstream whose name is refused", () => {
  it("was not sent, so that nobody can bill it, and may be made again", async () => {
    expect(await errorOf(new HostRefused("has a name that leads to a private address"))).toMatchObject({
      code: "provider_error",
      detail: "The upstream's address has a name that leads to a private address. Nothing was sent.",
      unbilled: true,
      retryable: true,
    });
  });

  it("is not to be confused with a connection that broke, whose call may be billed", async () => {
    expect(await errorOf(new TypeError("fetch failed"))).toMatchObject({ code: "provider_error", unbilled: false });
  });
});
