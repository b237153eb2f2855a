import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startMockProvider } from "../../load/mock/mock-provider.ts";
import type { MockProvider } from "../../load/mock/mock-provider.ts";
import type { BuiltInProvider } from "../../src/domain/completions/completion.ts";
import { createAnthropicBatches } from "../../src/providers/anthropic/batches.ts";
import type {
  BatchProvider,
  BatchLineResult,
  EncodedLine,
  SubmissionIntent,
} from "../../src/providers/batch-provider.ts";
import { createEgressFetch } from "../../src/providers/egress.ts";
import { createOpenAIBatches } from "../../src/providers/openai/batches.ts";
import { call, CANARY, failure, fakeFetch, json, request } from "./wire-fixtures.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const MODELS = { openai: "gpt-4.1", anthropic: "claude-haiku-4-5" };

let now = Date.UTC(2026, 10, 24);
let mock: MockProvider;
let batches: Record<BuiltInProvider, BatchProvider>;

beforeAll(async () => {
  mock = await startMockProvider({ unref: true, clock: () => now });
  batches = openBatches(fetch);
});
beforeEach(() => mock.reset());
afterAll(() => mock.close());

/** The batch APIs of both providers over the mock, which `fetcher` reaches. */
function openBatches(fetcher: typeof fetch): Record<BuiltInProvider, BatchProvider> {
  const egress = createEgressFetch({ allowedOrigins: [mock.url], fetch: fetcher });
  return {
    openai: createOpenAIBatches({ baseUrl: mock.openaiBaseUrl, fetch: egress }),
    anthropic: createAnthropicBatches({ baseUrl: mock.anthropicBaseUrl, fetch: egress }),
  };
}

async function* linesOf(provider: BuiltInProvider, texts: string[], nonce = NONCE): AsyncGenerator<EncodedLine> {
  for (const [index, content] of texts.entries()) {
    const messages = [{ role: "user" as const, content }];
    const parameters = { max_tokens: 300, temperature: 0.5 };
    const line = {
      custom_id: `${nonce}-${index}`,
      request: request({ provider, model: MODELS[provider], messages, parameters }),
    };
    yield batches[provider].encode(line);
  }
}

const submit = (provider: BuiltInProvider, texts: string[], nonce = NONCE) =>
  batches[provider].submit(nonce, linesOf(provider, texts, nonce), call());

async function resultsOf(provider: BuiltInProvider, id: string): Promise<BatchLineResult[]> {
  const progress = await batches[provider].poll(id, call());
  const results: BatchLineResult[] = [];
  if (progress.status !== "ended") throw new Error(`it is ${progress.status}`);
  for await (const result of batches[provider].results(progress.sources, call())) results.push(result);
  return results;
}

const positionOf = (result: BatchLineResult) =>
  result.type === "unreadable" ? -1 : Number(result.custom_id.slice(NONCE.length + 1));

describe.each(["openai", "anthropic"] as const)("batches at %s", (provider) => {
  it("give each request its completion, whatever the order of the results", async () => {
    mock.configure({ default: { batch: { shuffle: true } } });
    const id = await submit(provider, ["one", "two", "three", "four"]);
    const results = await resultsOf(provider, id);
    expect(results.map(positionOf)).not.toEqual([0, 1, 2, 3]);
    for (const [index, text] of ["one", "two", "three", "four"].entries()) {
      expect(results.find((result) => positionOf(result) === index)).toMatchObject({
        type: "completion",
        completion: {
          text: expect.stringContaining(`You said: “${text}”`),
          finish_reason: "stop",
          model: MODELS[provider],
          usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
        },
      });
    }
  });

  it("need few calls, all with the caller's key and only allowed headers", async () => {
    await resultsOf(provider, await submit(provider, ["one", "two"]));
    const { length } = mock.calls();
    expect(length).toBe(provider === "openai" ? 4 : 3);
    expect(mock.calls().every(({ key, status }) => key === CANARY && status === 200)).toBe(true);
    expect(mock.calls().find((each) => each.batch_items !== undefined)?.batch_items).toBe(2);
  });

  it("report their progress", async () => {
    mock.configure({ default: { batch: { delay_ms: 1_000 } } });
    const id = await submit(provider, ["one", "two"]);
    expect(await batches[provider].poll(id, call())).toMatchObject({
      status: "running",
      counts: { total: 2, done: 0 },
    });
    now += 1_000;
    expect(await batches[provider].poll(id, call())).toMatchObject({ status: "ended", counts: { total: 2, done: 2 } });
  });

  it("report expired and failed requests, with classified and redacted errors", async () => {
    const echo = `[[mock:{"status":400,"error_message":"bad key ${CANARY}"}]]`;
    const busy = `[[mock:{"status":${provider === "openai" ? 503 : 529}}]]`;
    const id = await submit(provider, ["fine", echo, busy]);
    const byPosition = (await resultsOf(provider, id)).toSorted((a, b) => positionOf(a) - positionOf(b));
    expect(byPosition.map(({ type }) => type)).toEqual(["completion", "error", "error"]);
    expect(byPosition[1]).toMatchObject({ error: { code: "provider_error", retryable: false } });
    expect(JSON.stringify(byPosition[1])).not.toContain(CANARY);
    expect(byPosition[2]).toMatchObject({ error: { code: "provider_overloaded", retryable: true } });
    mock.configure({ default: { batch: { expired: 1 } } });
    expect(await resultsOf(provider, await submit(provider, ["late"]))).toMatchObject([{ type: "expired" }]);
  });

  it("end early when cancelled and keep finished results; a repeated or late cancel is no error", async () => {
    mock.configure({ default: { batch: { delay_ms: 1_000 } } });
    const id = await submit(provider, ["one", "two"]);
    now += 500;
    await batches[provider].cancel(id, call());
    await batches[provider].cancel(id, call());
    const results = await resultsOf(provider, id);
    expect(results.map(({ type }) => type).toSorted()).toEqual(["cancelled", "completion"]);
  });

  it("throw an AppError for refusals, lost connections and truncated results", async () => {
    mock.configure({ once: [{ status: 429, retry_after: "7" }] });
    expect(await failure(() => submit(provider, ["x"]))).toMatchObject({
      code: "rate_limit_error",
      retryAfterMs: 7_000,
    });
    mock.configure({ once: [{ fault: "cut_stream" }] });
    expect(await failure(() => submit(provider, ["x"]))).toMatchObject({ code: "provider_error", retryable: true });
    const id = await submit(provider, ["x".repeat(2_000)]);
    const progress = await batches[provider].poll(id, call());
    mock.configure({ once: [{ fault: "truncate" }] });
    const read = async () => {
      if (progress.status !== "ended") return;
      for await (const result of batches[provider].results(progress.sources, call())) expect(result).toBeDefined();
    };
    expect(await failure(read)).toMatchObject({ code: "provider_error", retryable: true });
  });

  it("tell a line that cannot be read, and go on with the others", async () => {
    const id = await submit(provider, ["one", "two"]);
    const spoilt = async (input: string | URL | Request, init?: RequestInit) => {
      const response = await fetch(input, init);
      const isFile = /\/(content|results)$/.test(new URL(response.url).pathname);
      return isFile ? new Response(`{"half": \n{"of":"nobody"}\n${await response.text()}`, response) : response;
    };
    const port = openBatches(spoilt)[provider];
    const progress = await port.poll(id, call());
    const types: string[] = [];
    if (progress.status === "ended") {
      for await (const { type } of port.results(progress.sources, call())) types.push(type);
    }
    expect(types).toEqual(["unreadable", "unreadable", "completion", "completion"]);
  });

  it("stream requests and results without holding them all", async () => {
    let received = 0;
    const counting = async (_input: unknown, init: RequestInit = {}) => {
      if (!(init.body instanceof ReadableStream)) return json('{"id":"batch_1"}');
      for await (const chunk of init.body) received += chunk.length > 0 ? 1 : 0;
      return json('{"id":"file-1"}');
    };
    const options = {
      baseUrl: "https://api.example",
      fetch: createEgressFetch({ allowedOrigins: ["https://api.example"], fetch: counting }),
    };
    const port = provider === "openai" ? createOpenAIBatches(options) : createAnthropicBatches(options);
    let ahead = 0;
    async function* lines() {
      for (let index = 0; index < 500; index += 1) {
        ahead = Math.max(ahead, index - received);
        yield { json: JSON.stringify({ custom_id: `a-${index}` }), headers: {} };
      }
    }
    await port.submit(NONCE, lines(), call());
    expect(received).toBeGreaterThanOrEqual(500);
    expect(ahead).toBeLessThan(10);
  });
});

describe("a submission whose response was lost", () => {
  const intent = (changes: Partial<SubmissionIntent> = {}): SubmissionIntent => {
    return { nonce: NONCE, since: now, at_most: 5, others: new Set(), ...changes };
  };
  const other = "f".repeat(32);

  it("is found at OpenAI by its metadata among others", async () => {
    mock.configure({ default: { batch: { delay_ms: 1_000 } } });
    await submit("openai", ["x"], other);
    const id = await submit("openai", ["x"]);
    await submit("openai", ["x"], other);
    expect(await batches.openai.find(intent(), call())).toEqual({ id });
    expect(await batches.openai.find(intent({ nonce: "a".repeat(32) }), call())).toBe("none");
  });

  it.each(["openai", "anthropic"] as const)("is found at %s behind a page of other batches", async (provider) => {
    mock.configure({ default: { batch: { delay_ms: provider === "openai" ? 1_000 : 0 } } });
    const id = await submit(provider, ["x"]);
    const others = new Set<string>();
    for (let count = 0; count < 150; count += 1) others.add(await submit(provider, ["x"], other));
    const before = mock.stats().total;
    expect(await batches[provider].find(intent({ others }), call())).toEqual({ id });
    // Two pages, and at Anthropic the results of the one batch that may be it.
    expect(mock.stats().total - before).toBe(provider === "openai" ? 2 : 3);
    expect(await batches[provider].find(intent({ nonce: "a".repeat(32), others }), call())).toBe("none");
  });

  it("is not searched for among older batches", async () => {
    for (let count = 0; count < 101; count += 1) await submit("openai", ["x"], other);
    await submit("anthropic", ["x"]);
    now += 600_000;
    const before = mock.stats().total;
    expect(await batches.openai.find(intent(), call())).toBe("none");
    expect(await batches.anthropic.find(intent(), call())).toBe("none");
    expect(mock.stats().total - before).toBe(2);
  });

  it("is found at Anthropic by the custom_ids of its results, and is unsure until a similar batch has results", async () => {
    mock.configure({ default: { batch: { delay_ms: 1_000 } } });
    const id = await submit("anthropic", ["x"]);
    expect(await batches.anthropic.find(intent(), call())).toBe("unsure");
    now += 1_000;
    expect(await batches.anthropic.find(intent(), call())).toEqual({ id });
    expect(await batches.anthropic.find(intent({ nonce: other }), call())).toBe("none");
  });

  it("is found at Anthropic behind a result that cannot be read, and is unsure where none can", async () => {
    const id = await submit("anthropic", ["x"]);
    const findAmong = async (change: (results: string) => string) => {
      const { anthropic } = openBatches(async (input, init) => {
        const response = await fetch(input, init);
        const isResults = (input instanceof Request ? input.url : String(input)).endsWith("/results");
        return isResults ? new Response(change(await response.text())) : response;
      });
      return anthropic.find(intent(), call());
    };
    expect(await findAmong((results) => `oops\n${results}`)).toEqual({ id });
    expect(await findAmong(() => "oops\n")).toBe("unsure");
  });

  it("is not a larger or a known other batch at Anthropic", async () => {
    mock.configure({ default: { batch: { delay_ms: 1_000 } } });
    const id = await submit("anthropic", ["1", "2", "3"]);
    expect(await batches.anthropic.find(intent({ at_most: 2 }), call())).toBe("none");
    expect(await batches.anthropic.find(intent({ others: new Set([id]) }), call())).toBe("none");
  });
});

describe("a batch of requests that need Responses", () => {
  it("is one for /v1/responses, and its results are completions", async () => {
    const tools = [{ name: "f", parameters: { type: "object" } }];
    const parameters = { provider_options: { openai: { store: true } } };
    async function* line() {
      const ofResponses = request({ model: "gpt-6-luna", tools, parameters });
      yield batches.openai.encode({ custom_id: `${NONCE}-0`, request: ofResponses });
    }
    const id = await batches.openai.submit(NONCE, line(), call());
    expect(await resultsOf("openai", id)).toMatchObject([
      { type: "completion", completion: { finish_reason: "stop", response_id: expect.stringMatching(/^resp_/) } },
    ]);
  });
});

describe("a batch that OpenAI refuses as a whole", () => {
  it("fails with the reason", async () => {
    async function* twice() {
      const line = batches.openai.encode({ custom_id: "same", request: request({}) });
      yield line;
      yield line;
    }
    const id = await batches.openai.submit(NONCE, twice(), call());
    expect(await batches.openai.poll(id, call())).toMatchObject({
      status: "failed",
      error: { code: "provider_error", retryable: false, detail: expect.stringContaining("duplicate") },
    });
  });
});

describe("Anthropic's requests", () => {
  it("use the API version that their model's parameters need", async () => {
    const { fetch: fake, sent } = fakeFetch(() => json('{"id":"msgbatch_1"}'));
    const port = createAnthropicBatches({ baseUrl: "https://api.anthropic.com", fetch: fake });
    await port.submit(NONCE, linesOf("anthropic", ["x"]), call());
    expect(sent[0]?.headers).toMatchObject({ "anthropic-version": "2023-06-01", "content-type": "application/json" });
  });

  it("are refused one by one before the submission", () => {
    const system = request({ provider: "anthropic", messages: [{ role: "system", content: "x" }] });
    expect(() => batches.anthropic.encode({ custom_id: "a", request: system })).toThrow(/user message/);
  });
});
