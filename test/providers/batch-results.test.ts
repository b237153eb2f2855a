import { describe, expect, it } from "vitest";
import { createAnthropicBatches } from "../../src/providers/anthropic/batches.ts";
import type { BatchLineResult } from "../../src/providers/batch-provider.ts";
import { createOpenAIBatches } from "../../src/providers/openai/batches.ts";
import { call, fakeFetch, streamed } from "./wire-fixtures.ts";

describe("OpenAI's results", () => {
  it("tell the tokens of a response that failed", async () => {
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    const body = { object: "response", status: "failed", error: { code: "server_error", message: "Oh." }, usage };
    const line = JSON.stringify({ custom_id: "a", response: { status_code: 200, body } });
    const { fetch: fake } = fakeFetch(() => streamed([Uint8Array.from(new TextEncoder().encode(`${line}\n`))]));
    const port = createOpenAIBatches({ baseUrl: "https://api.openai.com", fetch: fake });
    const results: BatchLineResult[] = [];
    for await (const result of port.results(["file-1"], call())) results.push(result);
    expect(results).toMatchObject([{ type: "error", error: { stated: { usage: { total_tokens: 15 } } } }]);
  });
});

describe("Anthropic's results", () => {
  it("fail alone if one does not follow the format", async () => {
    const text =
      '{"custom_id":"a","result":{"type":"succeeded","message":{}}}\n{"custom_id":"b","result":{"type":"expired"}}\n';
    const { fetch: fake } = fakeFetch(() => streamed([Uint8Array.from(new TextEncoder().encode(text))]));
    const port = createAnthropicBatches({ baseUrl: "https://api.anthropic.com", fetch: fake });
    const results: BatchLineResult[] = [];
    for await (const result of port.results(["msgbatch_1"], call())) results.push(result);
    expect(results).toMatchObject([{ type: "error", error: { code: "provider_error" } }, { type: "expired" }]);
  });
});
