import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { servicesOf } from "../../src/deps/services.ts";
import { AppError } from "../../src/domain/errors.ts";
import { usdText } from "../../src/routes/executions/execution-views.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface Refused {
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

let key = "";

/** Sends a body as it is, with the headers as they are. */
async function send(method: string, path: string, body?: BodyInit | null, headers: Record<string, string> = {}) {
  const response = await exports.default.fetch(`https://edge.test${path}`, {
    method,
    body,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  const json: Refused = JSON.parse((await response.text()) || "{}");
  return { status: response.status, headers: response.headers, json };
}

const JSON_TYPE = { "content-type": "application/json" };
const execute = async (fields: string, headers: Record<string, string> = {}) =>
  send("POST", "/v1/executions", `{"prompt":"greet",${fields}}`, { ...JSON_TYPE, ...headers });
const fault = ({ status, json }: { status: number; json: Refused }) => [status, json.errors?.[0]?.path];

beforeAll(async () => {
  ({ key } = await newTenant());
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
});

describe("a body", () => {
  it("that is empty or absent has no field, whatever its length header says", async () => {
    for (const path of ["/v1/executions", "/v1/keys", "/v1/prompts/greet/render"]) {
      for (const body of [null, ""]) {
        const reply = await send("POST", path, body, { "content-length": "0" });
        expect([path, reply.status < 500]).toEqual([path, true]);
      }
    }
    expect(fault(await send("POST", "/v1/executions"))).toEqual([422, "prompt"]);
  });

  it("that is empty is a 422 where a route takes several types, with a content type or without", async () => {
    for (const headers of [{}, JSON_TYPE, { "content-type": "application/yaml" }, { "content-type": "text/csv" }]) {
      const empty = new ReadableStream({ start: (controller) => controller.close() });
      for (const body of [null, empty]) {
        const sent = { authorization: `Bearer ${key}`, ...headers };
        const request = new Request("https://edge.test/v1/prompts/empty", { method: "PUT", body, headers: sent });
        expect([headers, (await createApp().request(request, {}, env)).status]).toEqual([headers, 422]);
      }
    }
  });

  it("is ignored where none is taken", async () => {
    for (const body of [null, "", "{}"]) {
      const created = { key, json: { name: "k", scopes: ["prompts:read"] } };
      const { json } = await call<{ id: string }>("POST", "/v1/keys", created);
      expect((await send("POST", `/v1/keys/${json.id}/rotate`, body, JSON_TYPE)).status).toBe(200);
    }
  });

  it("that breaks off is a 400", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    const headers = { authorization: `Bearer ${key}` };
    const reply = await createApp().request("/v1/executions", { method: "POST", body: broken, headers }, env);
    expect([reply.status, await reply.json()]).toMatchObject([400, { detail: "The body broke off." }]);
  });

  it("is counted by its bytes where it states fewer, and breaks off as one without a length does", async () => {
    const stated = { authorization: `Bearer ${key}`, ...JSON_TYPE, "content-length": "9" };
    const limit = servicesOf(env).config.maxInputBodyBytes;
    const reply = async (body: ReadableStream) => {
      const answer = await createApp().request("/v1/executions", { method: "POST", body, headers: stated }, env);
      return [answer.status, await answer.json()];
    };
    const long = new Blob([" ".repeat(limit + 1)]).stream();
    expect(await reply(long)).toMatchObject([413, { detail: `The body is larger than ${limit} bytes.` }]);
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    expect(await reply(broken)).toMatchObject([400, { detail: "The body broke off." }]);
    const notText = new Blob([new Uint8Array([0xff])]).stream();
    expect(await reply(notText)).toMatchObject([400, { detail: "The body is not UTF-8." }]);
  });

  it("may have pictures where a model is asked, and nowhere else", async () => {
    const url = `data:image/png;base64,${"A".repeat(2 * 1024 * 1024)}`;
    const messages = [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
    const chat = await call("POST", "/v1/chat/completions", { key, json: { model: "gpt-6-luna", messages } });
    expect(chat.status).toBe(200);
    expect((await call("PUT", "/v1/prompts/big", { key, json: { template: url } })).status).toBe(413);
  });

  it("may be compressed, and is counted by what comes out", async () => {
    const limit = servicesOf(env).config.maxInputBodyBytes;
    const reply = async (text: string, encoding = "gzip", sent = encoding) => {
      const body = new Blob([text]).stream().pipeThrough(new CompressionStream(encoding as "gzip"));
      const headers = { authorization: `Bearer ${key}`, ...JSON_TYPE, "content-encoding": sent };
      const answer = await createApp().request("/v1/executions", { method: "POST", body, headers }, env);
      return [answer.status, await answer.json()];
    };
    for (const encoding of ["gzip", "deflate"]) {
      expect(await reply("{}", encoding)).toMatchObject([422, { detail: "prompt: is missing" }]);
    }
    const bomb = await reply(" ".repeat(limit + 1));
    expect(bomb).toMatchObject([413, { detail: `The body is larger than ${limit} bytes.` }]);
    expect(await reply("{}", "deflate", "gzip")).toMatchObject([400, { detail: "The body broke off." }]);
    const words = "Send the body with `content-encoding: gzip`, or without that header.";
    expect(await reply("{}", "gzip", "br")).toMatchObject([400, { detail: words }]);
  });

  it("is not read before its caller is known", async () => {
    let wasRead = false;
    const body = new ReadableStream({ pull: () => void (wasRead = true) }, { highWaterMark: 0 });
    const reply = await createApp().request("/v1/executions", { method: "POST", body }, env);
    expect([reply.status, wasRead]).toEqual([401, false]);
  });

  it("is refused with the place of what would not survive", async () => {
    expect(fault(await execute('"variables":{"who":{"id":9007199254740993}}'))).toEqual([422, "variables.who.id"]);
    expect(fault(await execute('"variables":{"who":"a"},"user":"a\\ud800"'))).toEqual([422, "user"]);
    const deep = `"variables":{"who":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect((await execute(deep, { "idempotency-key": "deep" })).status).toBe(422);
  });

  it("is refused with the name of a field that is not known", async () => {
    const reply = await execute('"variables":{"who":"a"},"lable":"staging"');
    expect(fault(reply)).toEqual([422, "lable"]);
    expect(reply.json.detail).toBe("lable: is not a known field");
    const batch = '{"prompt":"greet","priorty":"high","items":[{"variables":{"who":"x"}}]}';
    expect(fault(await send("POST", "/v1/batches", batch, JSON_TYPE))).toEqual([422, "priorty"]);
  });

  it("is refused in plain words", async () => {
    const words = async (fields: string) => (await execute(fields)).json.errors?.[0]?.message;
    expect(await words('"variables":3')).toBe("must be an object");
    expect(await words('"priority":"soon"')).toBe('must be one of "high", "standard", "batch"');
    expect(await words('"timeout_ms":0')).toBe("must be at least 1");
    expect(await words('"user":""')).toBe("must have at least 1 character");
    expect((await send("POST", "/v1/executions", "{}", JSON_TYPE)).json.detail).toBe("prompt: is missing");
  });

  it("keeps the order of names that look like numbers", async () => {
    const yaml =
      'model: gpt-4o-mini\ntemplate: "{% for k in x %}{{ k }} {% endfor %}"\nvariables: {x: {type: object}}\n';
    await call("PUT", "/v1/prompts/years", { key, yaml });
    const body = '{"variables":{"x":{"2025":1,"2024":2}}}';
    const reply = await send("POST", "/v1/prompts/years/render", body, JSON_TYPE);
    expect(reply.json).toMatchObject({ messages: [{ content: "2025 2024 " }] });
  });
});

describe("a cost in a header", () => {
  it("is a plain decimal, however small or large it is", () => {
    expect([0, 150, 4_725_000, 1_500_000_000, 10_000_000_000].map(usdText)).toEqual([
      "0",
      "0.00000015",
      "0.004725",
      "1.5",
      "10",
    ]);
  });
});

describe("the items of a batch", () => {
  const batch = async (...items: string[]) =>
    send("POST", "/v1/batches", `{"prompt":"greet","items":[${items.join(",")}]}`, JSON_TYPE);

  it("are refused with the place where one lacks variables that the prompt needs", async () => {
    expect(fault(await batch('{"variables":{"who":"x"}}', "{}"))).toEqual([422, "items.1.variables.who"]);
  });

  it("are refused with the place where two have one custom_id", async () => {
    const item = (id: string) => `{"custom_id":"${id}","variables":{"who":"x"}}`;
    expect(fault(await batch(item("a"), item("b"), item("a")))).toEqual([422, "items.2.custom_id"]);
    expect((await batch(item("a"), item("b"))).status).toBe(202);
  });

  it("are refused with the place of an unknown field, and of a number that loses digits", async () => {
    expect(fault(await batch('{"varables":{}}'))).toEqual([422, "items.0.varables"]);
    expect(fault(await batch('{"variables":{"who":9007199254740993}}'))).toEqual([422, "items.0.variables.who"]);
  });
});

describe("a request", () => {
  it("with another method than the path has is a 405 that names those", async () => {
    const reply = await send("PATCH", "/v1/prompts/greet", "{}", JSON_TYPE);
    expect([reply.status, reply.json.code, reply.headers.get("allow")]).toEqual([
      405,
      "method_not_allowed",
      "DELETE, GET, HEAD, PUT",
    ]);
    expect((await send("PATCH", "/v1/nothing")).status).toBe(404);
  });

  it("may have parameters without a value, and times and types in lower or upper case", async () => {
    expect((await send("GET", "/v1/prompts?tag=&cursor=&limit=")).status).toBe(200);
    expect((await send("GET", "/v1/executions?from=2026-11-25t00:00:00z")).status).toBe(200);
    expect(fault(await send("GET", "/v1/executions?from=yesterday"))).toEqual([422, "from"]);
    const file = await call("GET", "/v1/prompts/greet", { key, headers: { accept: "APPLICATION/YAML" } });
    expect(file.headers.get("content-type")).toContain("yaml");
  });

  it("with a cursor of another list is a 422", async () => {
    await call("PUT", "/v1/prompts/other", { key, yaml: yamlPrompt("other") });
    const page = await call<{ next_cursor: string }>("GET", "/v1/prompts?limit=1", { key });
    const cursor = encodeURIComponent(page.json.next_cursor);
    expect((await send("GET", `/v1/prompts?cursor=${cursor}`)).status).toBe(200);
    expect(fault(await send("GET", `/v1/executions?cursor=${cursor}`))).toEqual([422, "cursor"]);
    expect(fault(await send("GET", `/v1/keys?cursor=${cursor}`))).toEqual([422, "cursor"]);
  });

  /** Asks for a list that fails with this error. */
  const failing = async (fault: Error) => {
    const listPrompts = async () => {
      throw fault;
    };
    const app = createApp((bindings) => ({ ...servicesOf(bindings), listPrompts }));
    const headers = { authorization: `Bearer ${key}` };
    return app.request("/v1/prompts", { headers }, env, createExecutionContext());
  };

  it("is never asked to come back after 0 s", async () => {
    const reply = await failing(new AppError("rate_limit_error", "slow", { retryAfterMs: 0 }));
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "1"]);
  });

  it("that meets a locked database is a 503 that says when to come back", async () => {
    const reply = await failing(new Error("D1_ERROR: database is locked: SQLITE_BUSY"));
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await reply.json()).toMatchObject({ detail: "The storage does not answer at the moment." });
  });

  it("to a deployment whose settings are faulty is a 500 with the request's id", async () => {
    const app = createApp(() => {
      throw new Error("RECORD_TIMEOUT_MS is no number");
    });
    const reply = await app.request("/v1/prompts", { headers: { "x-request-id": "r1" } }, env);
    expect([reply.status, await reply.json()]).toMatchObject([500, { code: "internal_error", request_id: "r1" }]);
  });

  it("for a label with a name that every object has is a 404", async () => {
    for (const label of ["constructor", "valueof", "tostring"]) {
      expect((await send("GET", `/v1/prompts/greet?label=${label}`)).status).toBe(404);
    }
  });
});
