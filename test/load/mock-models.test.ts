import { describe, expect, it } from "vitest";

import { KEY, mockForTests } from "./mock-clients.ts";

const { mock, openai, anthropic } = await mockForTests();

describe("requests for a model of the mock", () => {
  it("are answered in each provider's format and with its headers", async () => {
    const gpt = await openai.models.retrieve("gpt-4o-mini").withResponse();
    expect(gpt.data).toMatchObject({ id: "gpt-4o-mini", object: "model", owned_by: "openai" });
    expect(gpt.response.headers.get("x-request-id")).toMatch(/^req_/);
    const claude = await anthropic.models.retrieve("claude-haiku-4-5").withResponse();
    expect(claude.data).toMatchObject({ id: "claude-haiku-4-5", type: "model" });
    expect(claude.response.headers.get("request-id")).toMatch(/^req_/);
  });

  it("fail like completions with the same key and model", async () => {
    mock.configure({ keys: { [KEY]: { status: 500 } }, models: { busy: { status: 429, retry_after: "3" } } });
    const status = async (work: Promise<unknown>) => work.catch((error: unknown) => error);
    expect(await status(openai.models.retrieve("gpt-4o"))).toMatchObject({ status: 500 });
    expect(await status(anthropic.models.retrieve("claude"))).toMatchObject({ status: 500 });
    mock.configure({ models: { busy: { status: 429, retry_after: "3" } } });
    const limited = (await status(openai.models.retrieve("busy"))) as { status: number; headers: Headers };
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "3"]);
    mock.configure({ default: { fault: "hang_before_headers" } });
    const signal = AbortSignal.timeout(30);
    expect(await status(openai.models.retrieve("gpt-4o", { signal }))).toMatchObject({ name: "Error" });
    mock.configure({ default: { fault: "error_in_200", status: 529 } });
    expect(await openai.models.retrieve("gpt-4o")).toHaveProperty("error");
    const keyless = await fetch(`${mock.openaiBaseUrl}/models/gpt-4o`);
    expect(keyless.status).toBe(401);
  });

  it("do not wait for a model that begins late", async () => {
    mock.configure({ default: { delay_ms: 60_000 } });
    expect(await openai.models.retrieve("gpt-4o")).toMatchObject({ id: "gpt-4o" });
  });

  it("are no calls: the stats count them only as checks, no limit applies, and no queued profile is used", async () => {
    mock.limit({ default: { rpm: 1 } });
    mock.configure({ once: [{ status: 500 }] });
    for (let each = 0; each < 3; each++) await openai.models.retrieve("gpt-4o");
    const none = { total: 0, over_limit: 0, in_flight: 0, by_key: {}, by_status: {}, by_provider: {} };
    expect(mock.stats()).toMatchObject({ ...none, checks: { [KEY]: 3 } });
    expect(mock.calls()).toEqual([]);
    const ask = openai.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] });
    await expect(ask).rejects.toMatchObject({ status: 500 });
    mock.reset();
    expect(mock.stats().checks).toEqual({});
  });
});
