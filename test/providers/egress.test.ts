import { describe, expect, it } from "vitest";
import { createEgressFetch } from "../../src/providers/egress.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import { AppError } from "../../src/domain/errors.ts";
import { call, CANARY, collect, events, failure, fakeFetch, fixture, json, request } from "./wire-fixtures.ts";

const ORIGIN = "https://api.openai.com";

function egress(reply: (init: RequestInit) => Response, maxResponseBytes?: number) {
  const { fetch, sent } = fakeFetch(reply);
  return {
    fetch: createEgressFetch({ allowedOrigins: [ORIGIN, "http://127.0.0.1:8080"], fetch, maxResponseBytes }),
    sent,
  };
}

describe("the egress rules", () => {
  it.each([
    "https://api.openai.com.evil.test/v1",
    "https://evil.test/https://api.openai.com",
    "https://api.openai.com:8443/v1",
    "http://api.openai.com/v1",
    "http://127.0.0.1:8081/",
    "https://user:pass@api.openai.com/v1",
    "https://api.openai.com@evil.test/v1",
    "file:///etc/passwd",
    "data:text/plain,x",
    "/v1/chat/completions",
    "https://",
  ])("never call %s", async (url) => {
    const { fetch, sent } = egress(() => json("{}"));
    expect(await failure(() => fetch(url))).toMatchObject({ code: "provider_error", retryable: false });
    expect(sent).toEqual([]);
  });

  it.each(["https://api.openai.com/v1/x?y=1", "http://127.0.0.1:8080/v1"])("call %s", async (url) => {
    const { fetch, sent } = egress(() => json("{}"));
    expect((await fetch(url)).status).toBe(200);
    expect(sent).toMatchObject([{ url }]);
  });

  it.each(["http://api.openai.com", "https://api.openai.com/", "ftp://a.test", "http://127.0.0.1.evil.test", "*"])(
    "reject an allow-list with %s",
    (origin) => {
      const start = () => createEgressFetch({ allowedOrigins: [origin], fetch: fakeFetch(() => json("{}")).fetch });
      expect(start).toThrow(AppError);
    },
  );

  it("send only the listed headers", async () => {
    const { fetch, sent } = egress(() => json("{}"));
    const headers = { authorization: "Bearer k", "X-Stainless-OS": "Linux", cookie: "a=b", Accept: "application/json" };
    await fetch(`${ORIGIN}/v1`, { headers });
    expect(sent[0]?.headers).toEqual({ authorization: "Bearer k", accept: "application/json" });
  });

  it("tell servers that stand in for a provider of the trace, but not the providers' public endpoints", async () => {
    const headers = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "v=a" };
    const { fetch, sent } = egress(() => json("{}"));
    await fetch("http://127.0.0.1:8080/v1", { headers });
    await fetch(`${ORIGIN}/v1`, { headers });
    expect(sent.map((each) => each.headers)).toEqual([headers, {}]);
  });

  it("send the beta header that a prompt asks Anthropic for", async () => {
    const { fetch, sent } = fakeFetch(() => json(fixture("anthropic/message.json")));
    const baseUrl = "https://api.anthropic.com";
    const egressFetch = createEgressFetch({ allowedOrigins: [baseUrl], fetch });
    const parameters = { provider_options: { anthropic: { anthropic_beta: ["a-1", "b-2"] } } };
    const asked = request({ provider: "anthropic", model: "claude-opus-5-5", parameters });
    await createAnthropicProvider({ baseUrl, fetch: egressFetch }).complete(asked, call());
    expect(sent[0]?.headers).toMatchObject({ "anthropic-beta": "a-1,b-2" });
  });

  it.each([301, 302, 303, 307, 308])("refuse a %i and do not follow it", async (status) => {
    let redirect: unknown;
    const { fetch } = egress((init) => {
      redirect = init.redirect;
      return new Response(null, { status, headers: { location: "https://evil.test" } });
    });
    const error = await failure(() => fetch(`${ORIGIN}/v1`));
    expect(error).toMatchObject({ code: "provider_error", detail: "The egress rules refuse a redirect." });
    expect(redirect).toBe("manual");
  });

  it("refuse a response from another address", async () => {
    const foreign = json("{}");
    Object.defineProperty(foreign, "url", { value: "https://evil.test/" });
    expect(await failure(() => egress(() => foreign).fetch(`${ORIGIN}/v1`))).toMatchObject({ code: "provider_error" });
  });

  it("refuse a declared length above the limit without reading", async () => {
    const { fetch } = egress(() => json("{}", { headers: { "content-length": "11" } }), 10);
    expect(await failure(() => fetch(`${ORIGIN}/v1`))).toMatchObject({ code: "provider_error" });
  });

  it("cut an endless body at the limit, cancel the upstream, and read no further", async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024));
      },
      cancel: () => void (cancelled = true),
    });
    const { fetch } = egress(() => new Response(endless), 10 * 1024);
    const error = await failure(async () => (await fetch(`${ORIGIN}/v1`)).arrayBuffer());
    expect(error).toMatchObject({ code: "provider_error", retryable: false });
    expect(cancelled).toBe(true);
    expect(pulled).toBeLessThanOrEqual(14);
  });

  it("pass a body of exactly the limit", async () => {
    const { fetch } = egress(() => new Response(new Uint8Array(10)), 10);
    expect((await (await fetch(`${ORIGIN}/v1`)).arrayBuffer()).byteLength).toBe(10);
  });

  it("end a hanging body when the request is aborted", async () => {
    const reason = new AppError("timeout", "The deadline passed.");
    const abort = new AbortController();
    const { fetch } = egress(() => new Response(new ReadableStream()));
    const response = await fetch(`${ORIGIN}/v1`, { signal: abort.signal });
    const reading = failure(() => response.text());
    abort.abort(reason);
    expect(await reading).toBe(reason);
  });
});

describe("the providers behind the egress rules", () => {
  it("send exactly the documented headers and no telemetry of the SDK", async () => {
    const { fetch, sent } = egress(() => json(fixture("openai/completion.json")));
    await createOpenAIProvider({ baseUrl: `${ORIGIN}/v1`, fetch }).complete(request({}), call());
    expect(sent[0]?.headers).toEqual({
      accept: "application/json",
      authorization: `Bearer ${CANARY}`,
      "content-type": "application/json",
      "user-agent": "pbt-edge",
    });
  });

  it("stream answers", async () => {
    const { fetch } = egress(() => events("openai/stream.sse"));
    const provider = createOpenAIProvider({ baseUrl: `${ORIGIN}/v1`, fetch });
    expect((await collect(await provider.stream(request({}), call()))).at(-1)).toMatchObject({ type: "finish" });
  });

  it("throw the error of the limit when an answer or a stream is too large", async () => {
    for (const create of [createOpenAIProvider, createAnthropicProvider]) {
      const provider = create({ baseUrl: ORIGIN, fetch: egress(() => sse(new Uint8Array(99)), 50).fetch });
      const whole = await failure(() => provider.complete(request({}), call()));
      const parts = await failure(async () => collect(await provider.stream(request({}), call())));
      expect([whole.detail, parts.detail]).toEqual(
        Array(2).fill("The provider's answer is larger than 50 bytes: ask for less at once."),
      );
    }
  });

  it("end a hanging stream with the reason of the abort", async () => {
    const reason = new AppError("timeout", "The deadline passed.");
    for (const create of [createOpenAIProvider, createAnthropicProvider]) {
      const abort = new AbortController();
      const parts = await create({ baseUrl: ORIGIN, fetch: egress(() => sse(new ReadableStream())).fetch }).stream(
        request({}),
        call(abort.signal),
      );
      const reading = failure(() => collect(parts));
      abort.abort(reason);
      expect(await reading).toBe(reason);
    }
  });
});

function sse(body: ConstructorParameters<typeof Response>[0]): Response {
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
