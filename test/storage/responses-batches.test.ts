import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";
import { openRunner, openTenant } from "../support/provider-batches.ts";

const marker = (profile: object) => `[[mock:${JSON.stringify(profile)}]]`;
const CALLS = [{ name: "get_weather", arguments: { city: "Bern" } }];
const TOOLS = [{ name: "get_weather", parameters: { type: "object" } }];
const REFUSAL = marker({ answer: "I can't help.", refusal: true });

/** The endpoints of the batches that a tenant's key has at the mock. */
async function endpointsOf(tenantId: string): Promise<string[]> {
  const headers = { authorization: `Bearer sk-${tenantId}` };
  const { data } = await (
    await fetch(`${env.MOCK_URL}/v1/batches`, { headers })
  ).json<{ data: { endpoint: string }[] }>();
  return data.map(({ endpoint }) => endpoint).toSorted();
}

describe("a batch of mode provider whose requests need Responses", () => {
  it("goes to /v1/responses at half the price, and one that does not need it to chat completions", async () => {
    const tenant = await openTenant("openai");
    const { tick, clock, errors } = openRunner();
    const asks = marker({ tool_calls: CALLS, reasoning: "Let me look." });
    const more = { model: "gpt-6-luna", tools: TOOLS, include: ["reasoning"], parameters: { reasoning_effort: "low" } };
    const id = await tenant.accept([asks, "plain"], more);
    const other = await tenant.accept(["plain"], { model: "gpt-6-luna", parameters: { reasoning_effort: "low" } });
    await tick();
    clock.now += 60_000;
    await tick();
    expect(errors).toEqual([]);
    expect(await endpointsOf(tenant.id)).toEqual(["/v1/chat/completions", "/v1/responses"]);
    const [asked, plain] = await tenant.results(id);
    expect(asked?.execution).toMatchObject({
      output: null,
      finish_reason: "tool_calls",
      tool_calls: [{ ...CALLS[0], id: expect.any(String) }],
      reasoning: "Let me look.",
    });
    const [beside] = await tenant.results(other);
    expect(plain?.execution?.output).toBe(beside?.execution?.output);
    const read = await call<{ cost: { service_tier: string } }>("GET", `/v1/executions/${asked?.execution?.id}`, {
      key: tenant.key,
    });
    expect(read.json.cost.service_tier).toBe("batch");
  });
});

describe.each([
  ["openai", {}],
  ["openai", { model: "gpt-6-luna", tools: TOOLS }],
  ["anthropic", {}],
] as const)("a refusal in a batch of mode provider at %s with %j", (provider, more) => {
  it("is kept as one, and never stored for others", async () => {
    const tenant = await openTenant(provider);
    const { tick, clock, errors } = openRunner();
    const id = await tenant.accept([REFUSAL, "fine"], { ...more, cache: true });
    await tick();
    clock.now += 60_000;
    await tick();
    expect(errors).toEqual([]);
    const [refused, fine] = await tenant.results(id);
    expect(refused?.execution).toMatchObject({ output: "I can't help.", finish_reason: "content_filter" });
    expect(fine?.execution).toMatchObject({ finish_reason: "stop" });
    const json = { prompt: "say", variables: { text: REFUSAL }, cache: true, ...more };
    const direct = async () => (await call("POST", "/v1/executions", { key: tenant.key, json })).json;
    expect(await direct()).toMatchObject({ finish_reason: "content_filter", cached: false });
    expect(await direct()).toMatchObject({ finish_reason: "content_filter", cached: false });
  });

  it("is final where an output schema was asked for", async () => {
    const tenant = await openTenant(provider);
    const yaml = `name: say\nmodel: ${provider === "openai" ? "gpt-4o-mini" : "claude-haiku-4-5"}\nmax_tokens: 200\ntemplate: "{{ text }}"\nvariables:\n  text: {type: string}\noutput_schema: {type: object}\n`;
    await call("PUT", "/v1/prompts/say", { key: tenant.key, yaml });
    const { tick, clock } = openRunner();
    const id = await tenant.accept([REFUSAL], more);
    await tick();
    clock.now += 60_000;
    await tick();
    const [refused] = await tenant.results(id);
    expect(refused).toMatchObject({ status: "failed", error: { detail: "The model refused to answer." } });
    expect((await tenant.calls()).filter(({ batch_items }) => batch_items !== undefined)).toHaveLength(1);
  });
});
