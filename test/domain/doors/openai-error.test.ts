import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { openAIErrorObject, toOpenAIError } from "../../../src/domain/doors/openai-error.ts";
import { AppError, ERROR_STATUS, type ErrorCode, invalid } from "../../../src/domain/errors.ts";
import { fakeFetch, fixture } from "../../providers/wire-fixtures.ts";
import { skipWaits } from "../../support/skip-waits.ts";

const recorded = (name: string): unknown => JSON.parse(new TextDecoder().decode(fixture(name)));

/** What the official client throws when it is answered with an error of ours, and how often it asked. */
async function thrownByClient(error: AppError): Promise<{ thrown: unknown; calls: number }> {
  const { status, headers, body } = toOpenAIError(error, "req_1");
  const { fetch, sent } = fakeFetch(() => Response.json(body, { status, headers }));
  const client = new OpenAI({ apiKey: "k", baseURL: "https://edge.test/v1", fetch, maxRetries: 1, logLevel: "off" });
  try {
    await client.chat.completions.create({ model: "m", messages: [] });
    return { thrown: undefined, calls: sent.length };
  } catch (thrown) {
    return { thrown, calls: sent.length };
  }
}

describe("an error in OpenAI's form", () => {
  it.each<[ErrorCode, number, string, string | null]>([
    ["bad_request", 400, "invalid_request_error", null],
    ["validation_error", 400, "invalid_request_error", null],
    ["authentication_error", 401, "invalid_request_error", "invalid_api_key"],
    ["budget_exceeded", 429, "insufficient_quota", "insufficient_quota"],
    ["permission_error", 403, "invalid_request_error", "insufficient_permissions"],
    ["not_found", 404, "invalid_request_error", "not_found"],
    ["method_not_allowed", 405, "invalid_request_error", "method_not_supported"],
    ["conflict", 409, "invalid_request_error", "conflict"],
    ["precondition_failed", 412, "invalid_request_error", "precondition_failed"],
    ["payload_too_large", 413, "invalid_request_error", "payload_too_large"],
    ["rate_limit_error", 429, "rate_limit_error", "rate_limit_exceeded"],
    ["internal_error", 500, "server_error", "internal_error"],
    ["provider_error", 502, "server_error", "provider_error"],
    ["provider_overloaded", 503, "server_error", "provider_overloaded"],
    ["timeout", 504, "server_error", "timeout"],
  ])("says %s with status %i, type %s and code %s", (code, status, type, said) => {
    const error = toOpenAIError(new AppError(code, "It failed."), "req_1");
    expect(error).toMatchObject({ status, headers: { "x-request-id": "req_1" } });
    expect(error.body).toEqual({ error: { message: "It failed.", type, param: null, code: said } });
  });

  it("knows every code that we have", () => {
    const codes = Object.keys(ERROR_STATUS) as ErrorCode[];
    expect(codes.map((code) => openAIErrorObject(new AppError(code, "x")).type)).not.toContain(undefined);
  });

  it.each([
    ["a key that is not known", "authentication_error", "openai/error-401.json"],
    ["a spent quota", "budget_exceeded", "openai/error-429-quota.json"],
  ] as const)("has the type and the code of OpenAI's own answer to %s", (_what, code, name) => {
    const { type, code: said } = (recorded(name) as { error: { type: string; code: string } }).error;
    expect(openAIErrorObject(new AppError(code, "x"))).toMatchObject({ type, code: said });
  });

  it("names the first faulty field as OpenAI writes it, and all of them in the message", () => {
    const faults = [
      { path: "messages.2.content.0.type", message: "has no counterpart" },
      { path: "temperature", message: "must be a number" },
    ];
    expect(openAIErrorObject(invalid(faults))).toMatchObject({
      param: "messages[2].content[0].type",
      message: "messages.2.content.0.type: has no counterpart; temperature: must be a number",
    });
    expect(openAIErrorObject(invalid(faults, "It cannot be translated.")).message).toBe(
      "It cannot be translated. messages.2.content.0.type: has no counterpart; temperature: must be a number",
    );
  });

  it("says model_not_found where the model is what was not found", () => {
    const errors = [{ path: "model", message: "is not known" }];
    const error = openAIErrorObject(new AppError("not_found", "No such model.", { errors }));
    expect(error).toMatchObject({ param: "model", code: "model_not_found" });
  });

  it.each([
    [1_400, { "retry-after": "2" }],
    [0.5, { "retry-after": "1" }],
    [0, { "retry-after": "1" }],
  ])("tells a wait of %d ms in whole seconds", (retryAfterMs, headers) => {
    const error = toOpenAIError(new AppError("rate_limit_error", "Slow down.", { retryAfterMs }), "req_1");
    expect(error.headers).toEqual({ "x-request-id": "req_1", ...headers });
  });

  it("lists the methods that a path has", () => {
    const error = toOpenAIError(new AppError("method_not_allowed", "No.", { allow: ["GET", "POST"] }), "req_1");
    expect(error.headers["allow"]).toBe("GET, POST");
  });
});

describe("the official client, answered with an error of ours", () => {
  it.each<[ErrorCode, new (...args: never[]) => Error]>([
    ["validation_error", OpenAI.BadRequestError],
    ["authentication_error", OpenAI.AuthenticationError],
    ["budget_exceeded", OpenAI.RateLimitError],
    ["permission_error", OpenAI.PermissionDeniedError],
    ["not_found", OpenAI.NotFoundError],
    ["conflict", OpenAI.ConflictError],
    ["provider_error", OpenAI.InternalServerError],
    ["timeout", OpenAI.InternalServerError],
  ])("throws for %s what it throws for OpenAI's, and does not ask again", async (code, kind) => {
    const { thrown, calls } = await thrownByClient(new AppError(code, "It failed.", { retryAfterMs: 5 }));
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown).toMatchObject({ requestID: "req_1", message: expect.stringContaining("It failed.") });
    expect(calls).toBe(1);
  });

  it("asks again where another time may help, after the wait that it was told", async () => {
    for (const code of ["rate_limit_error", "provider_error"] as const) {
      const error = new AppError(code, "Slow down.", { retryAfterMs: 1, retryable: true });
      const { calls } = await skipWaits(async () => thrownByClient(error));
      expect(calls).toBe(2);
    }
  });
});
