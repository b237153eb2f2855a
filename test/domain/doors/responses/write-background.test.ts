import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../../src/domain/errors.ts";
import { type BackgroundResponse, writeBackground } from "../../../../src/domain/doors/responses/write-background.ts";
import { answerOf } from "./official-client.ts";

/** Its time is 2025-11-26 12:00:00.500 UTC. */
const AT = Date.UTC(2025, 10, 26, 12, 0, 0, 500);
const HEX = AT.toString(16).padStart(12, "0");
const ID = `exe_${HEX.slice(0, 8)}-${HEX.slice(8)}-7000-8000-000000000001`;
const ASKED = { model: "gpt-6-luna", background: true, instructions: "Be brief.", metadata: { topic: "x" } };

const response = (more: Partial<BackgroundResponse> = {}): BackgroundResponse => ({
  id: ID,
  state: "queued",
  error: null,
  asked: ASKED,
  ...more,
});

describe("a response in the background", () => {
  it.each([
    ["queued", "queued"],
    ["running", "in_progress"],
    ["cancelled", "cancelled"],
    ["succeeded", "in_progress"],
  ] as const)("that is %s and has no answer is %s, with what was asked", (state, status) => {
    expect(writeBackground(response({ state }))).toMatchObject({
      ...ASKED,
      id: `resp_${ID}`,
      object: "response",
      status,
      created_at: Math.floor(AT / 1000),
      output: [],
      usage: null,
      error: null,
    });
  });

  it("does not repeat the secrets of an MCP server", () => {
    const server = { type: "mcp", server_label: "docs", allowed_tools: ["look"] };
    const secrets = { authorization: "secret", headers: { "x-key": "secret" } };
    const urls = ["https://mcp.example", "https://u:secret@mcp.example/secret?key=secret"];
    const tools = urls.map((server_url) => ({ ...server, ...secrets, server_url }));
    const written = writeBackground(response({ asked: { ...ASKED, tools } }));
    const told = ["https://mcp.example", "https://mcp.example/<redacted>"];
    expect(written).toMatchObject({ tools: told.map((server_url) => ({ ...server, server_url, headers: null })) });
    expect(JSON.stringify(written)).not.toContain("secret");
  });

  it("has its answer, under the time at which it was accepted", () => {
    const written = writeBackground(response({ state: "succeeded" }), answerOf({ id: ID, created_at: AT + 90_000 }));
    expect(written).toMatchObject({
      id: `resp_${ID}`,
      status: "completed",
      background: true,
      created_at: Math.floor(AT / 1000),
      output: [{ type: "message", content: [{ text: "Hello!" }] }],
      usage: { total_tokens: 26 },
    });
  });

  it.each<[ErrorCode, string]>([
    ["rate_limit_error", "rate_limit_exceeded"],
    ["validation_error", "invalid_prompt"],
    ["provider_error", "server_error"],
  ])("that failed with %s has OpenAI's code %s", (code, told) => {
    const failed = response({ state: "failed", error: { code, detail: "No." } });
    expect(writeBackground(failed)).toMatchObject({ status: "failed", error: { code: told, message: "No." } });
  });
});
