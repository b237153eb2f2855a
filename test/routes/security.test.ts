import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";
import {
  attempt,
  codeIn,
  type Operation,
  type OwnedObjects,
  ownObjects,
  securedOperations,
} from "../support/operations.ts";

/** The operations that intentionally need no key. */
const OPEN = ["DELETE /v1/session", "GET /health", "GET /ready", "POST /v1/session"];

/** Whether an operation needs an existing object: it neither creates nor lists. */
function isAboutAnObject({ method, path, access }: Operation): boolean {
  const creates = access === "root" || (method === "PUT" && !path.includes("/labels/"));
  return path.includes("{") && !creates && path !== "/v1/providers/{provider}/keys";
}

describe("security of every route", () => {
  let operations: Operation[];
  let mine: OwnedObjects["mine"];

  let idFor: OwnedObjects["idFor"];

  beforeAll(async () => {
    operations = await securedOperations();
    ({ mine, idFor } = await ownObjects());
  });

  it("covers the whole document, and leaves open only the listed operations", async () => {
    const reply = await call<{ paths: Record<string, Record<string, { security?: unknown }>> }>("GET", "/openapi.json");
    const open = Object.entries(reply.json.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.security === undefined)
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    expect(open.toSorted()).toEqual(OPEN);
    expect(operations.length).toBeGreaterThanOrEqual(20);
  });

  it("answers 401 without a key, and with a malformed or unknown key or a bad checksum", async () => {
    const unknown = (await newTenant()).key;
    const doomed = await newKey(mine.key, ["admin"]);
    await call("DELETE", `/v1/keys/${doomed.id}`, { key: mine.key });
    const last = mine.key.at(-1) === "0" ? "1" : "0";
    const bad = [null, "nonsense", mine.key.slice(0, -1) + last, doomed.key, unknown.replace("_test_", "_live_")];
    for (const operation of operations) {
      for (const key of bad) {
        const reply = await attempt(operation, idFor(operation.path), key);
        expect([operation.method, operation.path, reply.status, codeIn(reply.json)]).toEqual([
          operation.method,
          operation.path,
          401,
          "authentication_error",
        ]);
      }
    }
  });

  it("answers 403 to a valid key without the scope", async () => {
    const reader = await newKey(mine.key, ["prompts:read"]);
    const accountant = await newKey(mine.key, ["usage:read"]);
    for (const operation of operations.filter(({ access }) => access !== "any")) {
      const weak = operation.access === "usage:read" ? reader : accountant;
      const reply = await attempt(operation, idFor(operation.path), weak.key);
      expect([operation.path, reply.status, codeIn(reply.json)]).toEqual([operation.path, 403, "permission_error"]);
    }
  });

  it("answers another tenant with the 404 of a missing object, word for word", async () => {
    const other = await newTenant("other");
    const missing = {
      name: "none",
      alias: "none",
      label: "none",
      provider: "openai",
      model: "gpt-none",
      scope: "prompt:none",
    };
    const ghost = (path: string) => ({
      ...missing,
      id: idFor(path).id.slice(0, 4) + "01a20b3b-0000-7000-8000-000000000000",
    });
    const byId = operations.filter((operation) => isAboutAnObject(operation));
    // At once, since some wait for an object that may be on its way.
    const compare = async (operation: Operation) => {
      const [foreign, absent] = await Promise.all([
        attempt(operation, idFor(operation.path), other.key),
        attempt(operation, ghost(operation.path), other.key),
      ]);
      const text = (reply: typeof foreign) => ({ ...reply.json, request_id: "" });
      expect([operation.path, foreign.status]).toEqual([operation.path, 404]);
      expect(text(foreign)).toEqual(text(absent));
    };
    await Promise.all(byId.map(compare));
    const lists = ["/v1/prompts", "/v1/executions", "/v1/providers", "/v1/providers/openai/keys", "/v1/prices"];
    for (const list of [
      ...lists,
      "/v1/budgets",
      "/v1/aliases",
      "/v1/batches",
      "/v1/comparisons",
      "/v1/optimizations",
    ]) {
      expect((await call("GET", list, { key: other.key })).json).toEqual({ data: [], next_cursor: null });
    }
    expect((await call("GET", "/v1/prompts/mine", { key: mine.key })).status).toBe(200);
  });
});

describe("edges", () => {
  it("answer 429 with Retry-After to an address that sends many wrong keys, but not to its good keys", async () => {
    const { key } = await newTenant();
    const headers = { "cf-connecting-ip": "203.0.113.99" };
    const wrong = async () => call("GET", "/v1/prompts", { key: "pbt_test_wrong", headers });
    const replies = await Promise.all(Array.from({ length: 150 }, wrong));
    const refused = replies.filter(({ status }) => status !== 401);
    expect(replies.length - refused.length).toBeGreaterThanOrEqual(100);
    expect(refused[0]?.json["code"]).toBe("rate_limit_error");
    expect(refused[0]?.headers.get("retry-after")).toBe("1");
    expect((await call("GET", "/v1/prompts", { key, headers })).status).toBe(200);
  });

  it("counts the bytes of a body as they arrive and answers 413 beyond the limit", async () => {
    const { key } = await newTenant();
    const chunk = new Uint8Array(65_536).fill(0x20);
    let left = 8 * 16 + 1;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await exports.default.fetch("https://edge.test/v1/executions", { method: "POST", headers, body });
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([413, "payload_too_large"]);
  });

  it("answers broken JSON and bytes that are not UTF-8 with 400", async () => {
    const { key } = await newTenant();
    const send = async (body: string | Uint8Array<ArrayBuffer>) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      return exports.default.fetch("https://edge.test/v1/executions", { method: "POST", headers, body });
    };
    for (const body of ["{", new Uint8Array([0x7b, 0xff, 0x7d])]) {
      const response = await send(body);
      expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
      await response.arrayBuffer();
    }
  });

  it("treats a body without a type as the route's first type, and refuses other types", async () => {
    const { key } = await newTenant();
    const send = async (method: string, path: string, body: string, type: string) =>
      (await call(method, path, { key, yaml: body, headers: { "content-type": type } })).status;
    expect(await send("PUT", "/v1/prompts/typed", yamlPrompt("typed"), "application/x-www-form-urlencoded")).toBe(201);
    const json = '{"prompt":"typed","variables":{"who":"x"}}';
    expect(await send("POST", "/v1/executions", json, "text/plain;charset=UTF-8")).toBe(200);
    expect(await send("POST", "/v1/executions", json, "application/xml")).toBe(400);
    expect(await send("POST", "/v1/executions", json, "application/yaml")).toBe(400);
  });

  it("answers a request without its body with 422", async () => {
    const { key } = await newTenant();
    expect((await call("POST", "/v1/executions", { key })).status).toBe(422);
    expect((await call("PUT", "/v1/prompts/none", { key })).status).toBe(422);
  });

  it("answers deep nesting, prototype keys and hostile names without a 5xx", async () => {
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
    const deep = `{"prompt":"mine","variables":{"who":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
    const hostile = [
      deep,
      '{"prompt":"mine","variables":{"__proto__":{"who":"x"}}}',
      '{"prompt":"mi\\u0000ne"}',
      "[]",
      "null",
      '"x"',
    ];
    for (const body of hostile) {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const response = await exports.default.fetch("https://edge.test/v1/executions", {
        method: "POST",
        headers,
        body,
      });
      expect([body.slice(0, 40), response.status]).toEqual([body.slice(0, 40), 422]);
      await response.arrayBuffer();
    }
    for (const name of ["..%2f..", "a%00b", "%0d%0aset-cookie:x", "A", "a".repeat(129)]) {
      expect([name, (await call("GET", `/v1/prompts/${name}`, { key })).status]).toEqual([name, 422]);
    }
  });

  it("continues the caller's trace, keeps a safe request id and replaces an unsafe one", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const reply = await call("GET", "/health", {
      headers: { traceparent: `00-${trace}-b7ad6b7169203331-01`, "x-request-id": "req-1" },
    });
    expect(reply.headers.get("traceparent")).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(reply.headers.get("x-request-id")).toBe("req-1");
    const unsafe = await call("GET", "/health", { headers: { "x-request-id": "a b<script>" } });
    expect(unsafe.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("sends no CORS header by default and answers unknown routes with a problem", async () => {
    const reply = await call("GET", "/nowhere", { headers: { origin: "https://evil.test" } });
    expect([reply.status, reply.json["code"]]).toEqual([404, "not_found"]);
    expect(reply.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("describes itself as OpenAPI 3.1 and serves a page that loads nothing from other origins", async () => {
    expect((await call("GET", "/openapi.json")).json).toMatchObject({ openapi: "3.1.0" });
    const page = await call("GET", "/docs");
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect((await call("GET", "/assets/rapidoc.js")).status).toBe(200);
    expect((await call("GET", "/ready")).json).toMatchObject({ status: "ready" });
  });
});
