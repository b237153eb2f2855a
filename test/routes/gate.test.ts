import { describe, expect, it } from "vitest";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";

interface Gate {
  provider: string;
  keys: { name: string; api_key: string; status: string; parked_for: string | null; requests: { limit: number } }[];
  lanes: Record<string, { concurrency: number; in_flight: number; waiting: number }>;
}

async function tenantWithKey(limits: Record<string, unknown> = {}) {
  const { key } = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
  const json = { api_key: `sk-of-the-gate-${crypto.randomUUID()}`, ...limits };
  await call("PUT", "/v1/providers/openai/keys/own", { key, json });
  const execute = async (more: Record<string, unknown> = {}, as = key) =>
    call<{ code: string }>("POST", "/v1/executions", {
      key: as,
      json: { prompt: "greet", variables: { who: crypto.randomUUID() }, ...more },
    });
  const gate = async () => {
    const reply = await call<{ data: Gate[] }>("GET", "/v1/gate", { key });
    return { text: reply.text, openai: reply.json.data.find(({ provider }) => provider === "openai") };
  };
  return { key, secret: json.api_key, execute, gate };
}

describe("GET /v1/gate and executions behind the gate", () => {
  it("shows keys without their secrets, with lanes and limits, live", async () => {
    const { execute, gate, secret } = await tenantWithKey({ rpm: 600 });
    expect((await execute()).status).toBe(200);
    const { text, openai } = await gate();
    expect(openai?.keys).toEqual([
      expect.objectContaining({ name: "own", api_key: `…${secret.slice(-4)}`, status: "ok" }),
    ]);
    expect(openai?.keys[0]?.requests).toMatchObject({ limit: 600, used: 1 });
    expect(openai).toMatchObject({ strategy: "least_busy", concurrency: { limit: 100 } });
    expect(openai?.lanes["standard"]).toMatchObject({ concurrency: 20, waiting: 0 });
    expect(text).not.toContain(secret);
  });

  it("parks a key that the provider refuses, and shows why", async () => {
    const { execute, gate } = await tenantWithKey();
    expect((await execute({ variables: { who: '[[mock:{"status":401}]]' } })).status).toBe(502);
    await expect
      .poll(async () => (await gate()).openai?.keys[0])
      .toMatchObject({
        status: "parked",
        parked_for: "credentials",
      });
    const reply = await execute();
    expect([reply.status, reply.json.code]).toEqual([503, "provider_overloaded"]);
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(1);
  });

  it("answers 429 at once, with a true Retry-After, to a caller that does not wait for capacity", async () => {
    const { execute } = await tenantWithKey({ rpm: 2 });
    expect((await execute({ queue: false })).status).toBe(200);
    const reply = await execute({ queue: false });
    expect([reply.status, reply.json.code]).toEqual([429, "rate_limit_error"]);
    // At two a minute the next permit comes in half a minute.
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(20);
    expect(Number(reply.headers.get("retry-after"))).toBeLessThanOrEqual(64);
  });

  it("accepts high priority only from keys that have the scope", async () => {
    const { key, execute } = await tenantWithKey();
    const plain = await newKey(key, ["executions:write"]);
    const urgent = await newKey(key, ["executions:write", "priority:high"]);
    expect((await execute({ priority: "high" }, plain.key)).json.code).toBe("permission_error");
    expect((await execute({ priority: "high" }, urgent.key)).status).toBe(200);
    expect((await execute({ priority: "batch" }, plain.key)).status).toBe(200);
  });
});
