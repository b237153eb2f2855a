import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { type Profile, startMockProvider } from "../../load/mock/mock-provider.ts";
import { KEY, marked, mockForTests } from "./mock-clients.ts";

const { mock } = await mockForTests({ seed: 42 });

interface ChatOptions {
  model?: string;
  content?: string;
  key?: string;
  headers?: Record<string, string>;
}

function post({ model = "m", content = "hello", key = KEY, headers = {} }: ChatOptions = {}): Promise<Response> {
  return fetch(`${mock.openaiBaseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ model, messages: [{ role: "user", content }] }),
  });
}

async function statusOf(options?: ChatOptions): Promise<number> {
  const response = await post(options);
  await response.text();
  return response.status;
}

async function control(method: string, path: string, body?: unknown): Promise<[number, unknown]> {
  const response = await fetch(`${mock.url}/__mock/${path}`, {
    method,
    body: body === undefined ? null : JSON.stringify(body),
  });
  return [response.status, await response.json()];
}

function inHeader(profile: Profile): Record<string, string> {
  return { "x-mock-profile": JSON.stringify(profile) };
}

const hundredCalls = async (): Promise<number[]> => {
  mock.reset();
  mock.configure({ default: { status: 500, rate: 0.3 } });
  const statuses: number[] = [];
  for (let call = 0; call < 100; call++) statuses.push(await statusOf());
  return statuses;
};

const refused = async (response: Response): Promise<unknown> => [response.status, await response.json()];
const error = (message: RegExp): unknown => [
  400,
  { error: expect.objectContaining({ message: expect.stringMatching(message) }) },
];

describe("profiles", () => {
  it("override each other in the order default, model, key, once, marker, header", async () => {
    await control("PUT", "profile", {
      default: { status: 500 },
      models: { m: { status: 503 } },
      keys: { [KEY]: { status: 429 } },
      once: [{ status: 400 }, { status: 401 }, { status: 403 }],
    });
    const content = marked({ status: 404 });
    expect(await statusOf({ content, headers: inHeader({ status: 529 }) })).toBe(529);
    expect(await statusOf({ content })).toBe(404);
    expect(await statusOf()).toBe(403);
    expect(await statusOf()).toBe(429);
    expect(await statusOf({ key: "other" })).toBe(503);
    expect(await statusOf({ key: "other", model: "n" })).toBe(500);
    expect(await statusOf({ headers: inHeader({ status: 200 }) })).toBe(200);
  });

  it("keep the latency but not the failure of a weaker profile where a stronger one has a failure", async () => {
    mock.configure({ default: { status: 429, retry_after: "9", rate: 0.000_001, chunk_bytes: 3 } });
    const response = await post({ headers: inHeader({ status: 503 }) });
    await response.text();
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, null]);
  });

  it("fail at their rate, and the same calls again after a reset", async () => {
    const first = await hundredCalls();
    const failures = first.filter((status) => status === 500).length;
    expect(failures).toBeGreaterThan(18);
    expect(failures).toBeLessThan(42);
    expect(await hundredCalls()).toEqual(first);
  });

  it("are removed from the prompt, also with braces and quotes inside", async () => {
    const answer = 'brace } and "quote" ]]';
    const fixed = await post({ content: `a ${marked({ answer }, "")} b` });
    expect(await fixed.json()).toMatchObject({ choices: [{ message: { content: answer } }] });
    const echoed: unknown = await (await post({ content: marked({ rate: 1 }, "my question") })).json();
    expect(JSON.stringify(echoed)).toContain("You said: “my question”.");
    expect(JSON.stringify(echoed)).not.toContain("[[mock");
  });

  it("are refused with an error where they are invalid", async () => {
    expect(await refused(await post({ headers: { "x-mock-profile": '{"statuss":1}' } }))).toEqual(
      error(/unknown field "statuss"/),
    );
    expect(await refused(await post({ content: '[[mock:{"status":20}]]' }))).toEqual(error(/bad value for "status"/));
    expect(await refused(await post({ content: '[[mock:{"status":429}' }))).toEqual(error(/not closed/));
    expect(await control("PUT", "profile", { default: { fault: "gremlins" } })).toEqual(error(/bad value for "fault"/));
    expect(await control("PUT", "profile", { defaults: {} })).toEqual(error(/unknown field/));
    expect(await control("PUT", "limits", { default: { rpm: -1 } })).toEqual(error(/rpm/));
  });
});

describe("the log", () => {
  it("has the key, the tokens, the hashes and the idempotency key of a call", async () => {
    const response = await post({ headers: { "idempotency-key": "idem-1" } });
    await response.text();
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "hello" }] });
    expect(mock.calls()).toEqual([
      {
        seq: 1,
        at: expect.any(Number),
        ended_at: expect.any(Number),
        provider: "openai",
        path: "/v1/chat/completions",
        key: KEY,
        model: "m",
        stream: false,
        status: 200,
        fault: null,
        over_limit: false,
        prompt_tokens: 5,
        completion_tokens: expect.any(Number),
        client_left: false,
        request_id: response.headers.get("x-request-id"),
        body_sha256: createHash("sha256").update(body).digest("hex"),
        prompt_sha256: createHash("sha256").update("hello").digest("hex"),
        idempotency_key: "idem-1",
        concurrent: 1,
      },
    ]);
  });

  it("can be read from any call on, and keeps its total when it is cleared but not when it is reset", async () => {
    for (let call = 0; call < 5; call++) await statusOf();
    const seqs = async (query: string): Promise<unknown> => {
      const [, page] = await control("GET", `calls${query}`);
      return JSON.stringify(page).match(/"seq":\d+/g);
    };
    expect(await seqs("?since=3")).toEqual(['"seq":4', '"seq":5']);
    expect(await seqs("?since=1&limit=2")).toEqual(['"seq":2', '"seq":3']);
    await control("DELETE", "calls");
    expect(await control("GET", "calls")).toEqual([200, { total: 5, over_limit: 0, calls: [] }]);
    await statusOf();
    expect(await seqs("")).toEqual(['"seq":6']);
    await control("POST", "reset");
    expect(await control("GET", "calls")).toEqual([200, { total: 0, over_limit: 0, calls: [] }]);
  });

  it("has refused calls and calls to unknown routes, but no control calls", async () => {
    await statusOf({ model: "" });
    await (await fetch(`${mock.url}/v1/v1/chat/completions`, { method: "POST" })).text();
    await control("GET", "health");
    expect(mock.calls().map(({ path, status, key }) => [path, status, key])).toEqual([
      ["/v1/chat/completions", 400, KEY],
      ["/v1/v1/chat/completions", 404, ""],
    ]);
  });

  it("is summarised in the stats", async () => {
    await Promise.all([statusOf(), statusOf({ key: "b" }), statusOf({ headers: inHeader({ status: 503 }) })]);
    expect(await control("GET", "stats")).toEqual([
      200,
      expect.objectContaining({
        total: 3,
        in_flight: 0,
        by_provider: { openai: 3 },
        by_status: { "200": 2, "503": 1 },
        by_fault: { status: 1 },
        by_key: { [KEY]: expect.objectContaining({ calls: 2 }), b: expect.objectContaining({ calls: 1 }) },
      }),
    ]);
  });
});

describe("the server", () => {
  it("answers the health route and unknown control routes", async () => {
    expect(await control("GET", "health")).toEqual([200, { ok: true, total: 0, in_flight: 0 }]);
    expect((await control("PATCH", "profile", {}))[0]).toBe(404);
  });

  it("closes while calls hang", async () => {
    const other = await startMockProvider({ unref: true });
    other.configure({ default: { fault: "hang_before_headers" } });
    const call = fetch(`${other.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer k" },
      body: '{"model":"m","messages":[{"role":"user","content":"x"}]}',
    });
    while (other.calls().length === 0) await new Promise((resolve) => void setImmediate(resolve));
    await other.close();
    await expect(call).rejects.toThrow(/fetch failed/);
  });

  it("does not start where the port is in use", async () => {
    await expect(startMockProvider({ port: Number(new URL(mock.url).port) })).rejects.toThrow(/EADDRINUSE/);
  });
});
