import { describe, expect, it } from "vitest";
import { accountObjectPath } from "../../../src/domain/completions/account-objects.ts";
import type { Message } from "../../../src/domain/completions/message.ts";

const pathIn = (body: Record<string, unknown>) =>
  accountObjectPath({ relay: { door: "responses", body, body_bytes: 0, headers: {} } });
const user = (part: object) => [{ role: "user", content: [part] }];

describe("the field by which a body names what an account has", () => {
  it.each<[string, Record<string, unknown>]>([
    ["input", { input: user({ type: "input_file", file_id: "file-1" }) }],
    ["input", { input: user({ type: "input_image", file_id: "file-1" }) }],
    ["messages", { messages: user({ type: "file", file: { file_id: "file-1" } }) }],
    ["messages", { messages: user({ type: "document", source: { type: "file", file_id: "file_1" } }) }],
    ["messages", { messages: user({ type: "container_upload", file_id: "file_1" }) }],
    ["tools", { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] }],
    ["tools", { tools: [{ type: "code_interpreter", container: "cntr_1" }] }],
    ["tools", { tools: [{ type: "code_interpreter", container: { type: "auto", file_ids: ["file-1"] } }] }],
    ["container", { container: "container_1" }],
    ["container", { container: { skills: [{ type: "custom", skill_id: "skill_1" }] } }],
    ["previous_response_id", { previous_response_id: "resp_1" }],
  ])("is %s of %j", (path, body) => {
    expect(pathIn({ model: "m", ...body })).toBe(path);
  });

  it.each<[string, Record<string, unknown>]>([
    ["the schema of a tool", { tools: [{ name: "f", input_schema: { properties: { file_id: { type: "string" } } } }] }],
    ["a call of the model", { messages: user({ type: "tool_use", id: "a", name: "f", input: { file_id: "x" } }) }],
    ["the caller's own words", { metadata: { container: "blue", file_id: "x" } }],
    ["a text", { input: '{"file_id": "file-1"}' }],
    ["nothing", { tools: [{ type: "code_interpreter", container: { type: "auto" } }], conversation: null }],
  ])("is none where it is in %s", (_name, body) => {
    expect(pathIn({ model: "m", ...body })).toBeUndefined();
  });

  it("is found in a prompt's messages and options", () => {
    const part = { type: "file" as const, file: { file_id: "file-1" } };
    const messages: Message[] = [{ role: "user", content: [part] }];
    expect(accountObjectPath({ messages })).toBe("messages");
    expect(accountObjectPath({ messages: [{ role: "user", content: "file_id" }] })).toBeUndefined();
    const provider_options = { openai: { previous_response_id: "resp_1" } };
    expect(accountObjectPath({ messages: [], parameters: { provider_options } })).toBe("parameters.provider_options");
  });
});
