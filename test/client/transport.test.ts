import { describe, expect, it } from "vitest";
import {
  AuthenticationError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  PbtEdge,
  ProviderError,
  RateLimitError,
  TimeoutError,
  ValidationError,
} from "../../src/client/index.ts";
import { clientOf, json, problem } from "./fake-server.ts";

const done = json({ id: "exe_1", output: "Hello." });
const cut = () => {
  throw new TypeError("fetch failed");
};

describe("a client", () => {
  it.each(["http://edge.example", "http://10.0.0.1:8787", "http://127.0.0.1.example", "HTTP://localhost.example/"])(
    "sends no key to %s, where others could read it, unless it may",
    (baseUrl) => {
      expect(() => new PbtEdge({ baseUrl, apiKey: "k" })).toThrow(/is not encrypted.*allowHttp/);
      expect(() => new PbtEdge({ baseUrl, apiKey: "k", allowHttp: true })).not.toThrow();
    },
  );

  it.each([
    "https://edge.example",
    "http://localhost:8787",
    "http://127.0.0.9",
    "http://[::1]:1/",
    "http://a.localhost",
  ])("takes %s", (baseUrl) => {
    expect(() => new PbtEdge({ baseUrl, apiKey: "k" })).not.toThrow();
  });
});

describe("a call", () => {
  it("has the key, the path with its folders, the query without what is absent, and JSON", async () => {
    const { client, seen } = clientOf([json({ version: 1 })]);
    await client.prompts.get("support/answer", { label: "beta" });
    await client.prompts.label("support/answer", "production", 3);
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/prompts/support%2Fanswer?label=beta",
      "PUT /v1/prompts/support%2Fanswer/labels/production",
    ]);
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer pbt_test_key");
    expect(seen[1]?.body).toBe('{"version":3}');
  });

  it("publishes a file as it is, and only over the version that is named", async () => {
    const { client, seen } = clientOf([json({ version: 4 }, 201)]);
    await client.prompts.publish("hello", "name: hello\n", { ifVersion: 3 });
    expect(seen[0]?.body).toBe("name: hello\n");
    expect(seen[0]?.headers.get("content-type")).toBe("application/yaml");
    expect(seen[0]?.headers.get("if-match")).toBe('"3"');
  });

  it("shows with reads what the last answer to a write said, so that they see it", async () => {
    const told = json({ version: 1 }, 200, { "x-pbt-bookmark": "b.1" });
    const { client, seen } = clientOf([json({}), told, json({}), json({})]);
    await client.prompts.get("hello");
    await client.prompts.label("hello", "production", 1);
    await client.prompts.get("hello");
    await client.execute("hello");
    expect(seen.map(({ headers }) => headers.get("x-pbt-bookmark"))).toEqual([null, null, "b.1", null]);
  });

  it("shows what a write said, though a read that began before it ends after it", async () => {
    const told = (bookmark: string) => json({ version: 1 }, 200, { "x-pbt-bookmark": bookmark });
    const late = Promise.withResolvers<Response>();
    const { client, seen } = clientOf([told("b.1"), async () => late.promise, told("b.2"), json({})]);
    await client.prompts.label("hello", "production", 1);
    const reading = client.prompts.get("hello");
    await client.prompts.label("hello", "production", 2);
    late.resolve(told("b.1")());
    await reading;
    await client.prompts.get("hello");
    expect(seen.map(({ headers }) => headers.get("x-pbt-bookmark"))).toEqual([null, "b.1", null, "b.2"]);
  });

  it("shows neither of two writes whose answers overlapped, so that the primaries are read", async () => {
    const told = (bookmark: string) => json({ version: 1 }, 200, { "x-pbt-bookmark": bookmark });
    const late = Promise.withResolvers<Response>();
    const { client, seen } = clientOf([async () => late.promise, told("b.2"), told("b.3"), json({})]);
    const writing = client.prompts.label("hello", "production", 1);
    await client.prompts.label("hello", "staging", 1);
    late.resolve(told("b.1")());
    await writing;
    await client.prompts.get("hello");
    await client.prompts.get("hello");
    expect(seen.map(({ headers }) => headers.get("x-pbt-bookmark"))).toEqual([null, null, "-", "b.3"]);
  });

  it("keeps what is said of the call out of an execution's body", async () => {
    const { client, seen } = clientOf([done]);
    await client.execute("hello", { variables: { who: "Ada" }, cacheControl: "no-store", maxRetries: 0 });
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ prompt: "hello", variables: { who: "Ada" } });
    expect(seen[0]?.headers.get("cache-control")).toBe("no-store");
    expect(seen[0]?.key).toBeNull();
  });
});

describe("a retry", () => {
  it.each([
    ["a 429 with seconds", problem("rate_limit_error", 429, { "retry-after": "7" }), 7_000],
    ["a 429 with a date", problem("rate_limit_error", 429, { "retry-after": "Thu, 26 Nov 2026 12:00:09 GMT" }), 9_000],
    ["a 503 with seconds", problem("provider_overloaded", 503, { "retry-after": "2" }), 2_000],
    ["a 409 of the request that still runs", problem("conflict", 409, { "retry-after": "1" }), 1_000],
  ])("waits as long as %s says, and has the same Idempotency-Key", async (_, answer, wait) => {
    const { client, seen, waits } = clientOf([answer, done]);
    expect(await client.execute("hello")).toMatchObject({ id: "exe_1" });
    expect(waits).toEqual([wait]);
    expect(seen).toHaveLength(2);
    expect(seen[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[1]?.key).toBe(seen[0]?.key);
    expect(seen[1]?.body).toBe(seen[0]?.body);
  });

  it("backs off where no time is said: after a cut connection and an answer of a proxy", async () => {
    const proxy = () => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } });
    const { client, waits } = clientOf([cut, proxy, done]);
    await client.execute("hello");
    expect(waits[0]).toBeGreaterThanOrEqual(250);
    expect(waits[0]).toBeLessThan(500);
    expect(waits[1]).toBeGreaterThanOrEqual(500);
  });

  it("waits for a request that still runs as long as for an answer: what was paid is not left", async () => {
    const running = problem("conflict", 409, { "retry-after": "1" });
    const { client, waits } = clientOf([cut, ...Array.from({ length: 9 }, () => running), done]);
    expect(await client.execute("hello")).toMatchObject({ id: "exe_1" });
    expect(waits.slice(1)).toEqual(Array.from({ length: 9 }, () => 1_000));
  });

  it.each([
    ["longer than timeoutMs", { timeoutMs: 3_000 }, 4],
    ["where it is to be sent once", { maxRetries: 0 }, 1],
  ])("does not wait for a request that still runs %s", async (_, options, sent) => {
    const { client, seen } = clientOf([problem("conflict", 409, { "retry-after": "1" })]);
    await expect(client.execute("hello", options)).rejects.toThrow(ConflictError);
    expect(seen).toHaveLength(sent);
  });

  it("ends after maxRetries with the last error", async () => {
    const { client, seen } = clientOf([problem("rate_limit_error", 429, { "retry-after": "1" })]);
    await expect(client.keys.create({ name: "x", scopes: ["prompts:read"] })).rejects.toThrow(RateLimitError);
    expect(seen).toHaveLength(3);
  });

  it.each([
    ["a wait of more than a minute", problem("rate_limit_error", 429, { "retry-after": "61" }), RateLimitError],
    ["a failure that the provider made", problem("provider_error", 502), ProviderError],
    ["a stored failure", problem("provider_overloaded", 503, { "idempotent-replayed": "true" }), ProviderError],
    ["a conflict that stays", problem("conflict", 409), ConflictError],
  ])("is not made for %s", async (_, answer, kind) => {
    const { client, seen } = clientOf([answer]);
    await expect(client.execute("hello")).rejects.toThrow(kind);
    expect(seen).toHaveLength(1);
  });

  it("is not made for a longer wait than the client allows", async () => {
    const answer = problem("rate_limit_error", 429, { "retry-after": "3" });
    const { client, seen } = clientOf([answer], { longestWaitMs: 2_000 });
    await expect(client.execute("hello")).rejects.toMatchObject({ retryAfterMs: 3_000 });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["a cut connection", cut, ConnectionError],
    ["a 503", problem("provider_overloaded", 503, { "retry-after": "1" }), ProviderError],
  ])(
    "of a POST without an Idempotency-Key is not made after %s, which may have been carried out",
    async (_, answer, kind) => {
      const { client, seen } = clientOf([answer]);
      await expect(client.keys.rotate("key_1")).rejects.toThrow(kind);
      expect(seen).toHaveLength(1);
    },
  );

  it("of a publish over a named version is not made after a cut connection: it would be a conflict with itself", async () => {
    const { client, seen } = clientOf([cut]);
    await expect(client.prompts.publish("hello", "x", { ifVersion: 3 })).rejects.toThrow(ConnectionError);
    expect(seen).toHaveLength(1);
  });

  it("ends with the caller's reason when its signal aborts while it waits", async () => {
    const controller = new AbortController();
    const { client, seen } = clientOf([
      () => {
        controller.abort(new Error("the user left"));
        return problem("rate_limit_error", 429, { "retry-after": "5" })();
      },
    ]);
    await expect(client.execute("hello", { signal: controller.signal })).rejects.toThrow("the user left");
    expect(seen).toHaveLength(1);
  });

  it("gives up an attempt after timeoutMs", async () => {
    const silent = async (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_resolve, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    const { client } = clientOf([], { fetch: silent, timeoutMs: 1, maxRetries: 0 });
    await expect(client.execute("hello")).rejects.toThrow(TimeoutError);
  });
});

describe("an error", () => {
  it("has the class of its code, its faulty fields and the request's id", async () => {
    const errors = [{ path: "variables.who", message: "is required" }];
    const { client } = clientOf([problem("validation_error", 422, {}, { errors })]);
    const error = await client.execute("hello").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ code: "validation_error", status: 422, fields: errors, requestId: "r1" });
    expect(String(error)).toBe("ValidationError: It is validation_error.; variables.who: is required");
  });

  it("tells a fault once where the detail tells of it already", async () => {
    const errors = [{ path: "prompt", message: "is missing" }];
    const { client } = clientOf([json({ code: "validation_error", detail: "prompt: is missing", errors }, 422)]);
    const error: unknown = await client.executions.get("x").catch((thrown: unknown) => thrown);
    expect(String(error)).toBe("ValidationError: prompt: is missing");
  });

  it("says what a budget has left", async () => {
    const left = { remaining_usd: 0.5, resets_at: "2026-11-27T00:00:00.000Z" };
    const { client } = clientOf([problem("budget_exceeded", 402, {}, left)]);
    const error = await client.execute("hello").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error).toMatchObject({ remainingUsd: 0.5, resetsAt: left.resets_at });
  });

  it("of a drop-in door has the class of its status and the provider's words", async () => {
    const { client } = clientOf([json({ error: { message: "Incorrect API key", code: "invalid_api_key" } }, 401)]);
    const error = await client.request("GET /v1/models").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ message: "Incorrect API key" });
  });
});

describe("an answer that is not the API's", () => {
  const page = (status: number) => () =>
    new Response("<h1>Sign in</h1>", { status, headers: { "content-type": "text/html; charset=utf-8" } });

  it("is an error where it is a page with the status of success", async () => {
    const { client } = clientOf([page(200)], { maxRetries: 0 });
    const call = client.keys.create({ name: "x", scopes: ["prompts:read"] });
    await expect(call).rejects.toThrow(/edge\.example\/v1\/keys answers with a page of HTML/);
  });

  it("is told by its status and not by its page where it failed", async () => {
    const { client } = clientOf([page(502)], { maxRetries: 0 });
    await expect(client.execute("hello")).rejects.toThrow("the server answered 502 with a page of HTML");
  });

  it("is not followed where it is a redirect, which would lose the body of a POST and the key", async () => {
    const moved = () => new Response(null, { status: 301, headers: { location: "https://other.example/v1" } });
    const { client, seen } = clientOf([moved]);
    await expect(client.execute("hello")).rejects.toThrow(/redirects to https:\/\/other\.example/);
    expect(seen.map(({ redirect }) => redirect)).toEqual(["manual"]);
  });
});

it("a file is read byte for byte, its byte order mark included", async () => {
  const { client } = clientOf([() => new Response("\uFEFFname: hello\n")]);
  expect(await client.prompts.file("hello")).toBe("\uFEFFname: hello\n");
});

describe("a list", () => {
  it("is read page by page as it is gone through", async () => {
    const { client, seen } = clientOf([
      json({ data: [{ name: "a" }, { name: "b" }], next_cursor: "c1" }),
      json({ data: [{ name: "c" }], next_cursor: null }),
    ]);
    const names: string[] = [];
    for await (const { name } of client.prompts.list({ tag: "x", limit: 2 })) names.push(name);
    expect(names).toEqual(["a", "b", "c"]);
    expect(seen.map(({ path }) => path)).toEqual(["/v1/prompts?tag=x&limit=2", "/v1/prompts?tag=x&limit=2&cursor=c1"]);
  });
});
