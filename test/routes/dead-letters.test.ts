import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { servicesOf } from "../../src/deps/services.ts";
import type { UsageMessage } from "../../src/domain/executions/usage-message.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";
import { failingBindings } from "../support/failing-bindings.ts";

describe("a message that may become a dead letter", () => {
  it("has the record of the execution, and neither its key, nor a provider's, nor its headers", async () => {
    const { key } = await newTenant();
    const secret = `sk-canary-${crypto.randomUUID()}`;
    await call("PUT", "/v1/providers/openai/keys/main", { key, json: { api_key: secret } });
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
    const queued: UsageMessage[] = [];
    const queue = { send: async (message: UsageMessage) => void queued.push(message) };
    const { bindings, fail } = failingBindings("ledger", { RECORD_TIMEOUT_MS: "200" }, { USAGE_QUEUE: queue });
    const app = createApp(() => servicesOf(bindings));
    fail("throws");
    const context = createExecutionContext();
    const headers = { authorization: `Bearer ${key}`, "x-request-id": "canary-1", cookie: "canary-2" };
    const body = JSON.stringify({ prompt: "mine", variables: { who: "x" }, user: "a-user" });
    const request = new Request("https://edge.test/v1/executions", { method: "POST", headers, body });
    const response = await app.fetch(request, bindings, context);
    const { id } = await response.json<{ id: string }>();
    expect(response.status).toBe(200);
    // Behind the reply.
    await expect.poll(() => JSON.stringify(queued), { timeout: 10_000 }).toContain(`"status":"succeeded"`);
    const text = JSON.stringify(queued);
    expect(text).toContain(id);
    expect(text).not.toMatch(/canary/);
    expect(text).not.toContain(key);
    fail(null);
    await servicesOf(bindings).deliverUsage(queued.splice(0));
    expect((await call("GET", `/v1/executions/${id}`, { key })).status).toBe(200);
  });
});
