import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { servicesOf } from "../../src/deps/services.ts";
import { newTenant, ROOT_KEY } from "../support/api.ts";

const BURST = 12;

/** Another isolate, where a tenant may make one request a second and {@link BURST} at once. */
function isolate(change: Record<string, unknown> = {}) {
  const own = { ...env, TENANT_RATE_PER_S: "1", TENANT_BURST: String(BURST), ...change } as Env;
  const app = createApp(() => servicesOf(own));
  return async (key: string, path = "/v1/executions", init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${key}`);
    const request = new Request(`https://edge.test${path}`, { ...init, headers });
    const response = await app.fetch(request, own, createExecutionContext());
    return { status: response.status, headers: response.headers, body: await response.json<{ code?: string }>() };
  };
}

type Call = ReturnType<typeof isolate>;
const times = async (count: number, call: (n: number) => ReturnType<Call>) =>
  Promise.all(Array.from({ length: count }, async (_, n) => call(n)));

describe("the throttle of a tenant", () => {
  it("passes a burst and answers 429 beyond it, with the wait and the limits, and spares another tenant", async () => {
    const [greedy, other] = [await newTenant("greedy"), await newTenant("other")];
    const call = isolate();
    const began = Date.now();
    const replies = await times(3 * BURST, async () => call(greedy.key));
    const refused = replies.filter(({ status }) => status === 429);
    const most = BURST + (Date.now() - began) / 1_000 + 1;
    expect(replies.length - refused.length).toBeGreaterThanOrEqual(BURST);
    expect(replies.length - refused.length).toBeLessThanOrEqual(most);
    expect(refused[0]?.body.code).toBe("rate_limit_error");
    expect(Object.fromEntries(refused[0]?.headers ?? [])).toMatchObject({
      "retry-after": "1",
      "x-ratelimit-limit-requests": "12",
      "x-ratelimit-remaining-requests": "0",
      "ratelimit-policy": '"requests";q=12;w=12;qu="requests"',
      ratelimit: '"requests";r=0;t=12',
    });
    const unharmed = await call(other.key);
    expect([unharmed.status, unharmed.headers.get("x-ratelimit-remaining-requests")]).toEqual([200, "11"]);
  });

  it("is shared by all isolates", async () => {
    const { key } = await newTenant();
    const isolates = [isolate(), isolate(), isolate()];
    const began = Date.now();
    const replies = await times(4 * BURST, async (n) => (isolates[n % 3] ?? isolate())(key));
    const passed = replies.filter(({ status }) => status === 200).length;
    // Each isolate may spend a credit of one request before it asks.
    expect(passed).toBeLessThanOrEqual(BURST + isolates.length + (Date.now() - began) / 1_000 + 1);
    expect(passed).toBeGreaterThanOrEqual(BURST);
  });

  it("counts every route of a tenant, but no request of the root key or of an unknown key", async () => {
    const { key } = await newTenant();
    const call = isolate();
    await times(BURST, async () => call(key));
    const ndjson = { method: "POST", body: "{}", headers: { "content-type": "application/x-ndjson" } };
    expect((await call(key, "/v1/batches", ndjson)).status).toBe(429);
    expect((await call(key, "/v1/prompts/greet")).status).toBe(429);
    const root = { method: "POST", body: '{"name":"x"}', headers: { "content-type": "application/json" } };
    const replies = await times(2 * BURST, async () => call(ROOT_KEY, "/v1/tenants", root));
    expect(replies.map(({ status }) => status)).not.toContain(429);
    expect((await call("no-key")).status).toBe(401);
  });

  it("passes everything while its object cannot be reached", async () => {
    const { key } = await newTenant();
    const ask = async () => Promise.reject(new Error("down"));
    const call = isolate({ TENANT_THROTTLE: { getByName: () => ({ ask }) } });
    const replies = await times(3 * BURST, async () => call(key));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
