import { describe, expect, it } from "vitest";
import { countMessagesTokens } from "../../../../src/domain/doors/messages/count-tokens.ts";
import { messagesDoor } from "../../../../src/domain/doors/messages/door.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { afterBlocks, body, PDF, PNG, WEATHER, withBlocks } from "./bodies.ts";

const AT = "messages.0.content.0";
const USE = { type: "tool_use", id: "t1", name: "f", input: {} };

describe("what only Anthropic's wire format can say", () => {
  it.each([
    ["a search result", withBlocks({ type: "search_result", source: "x" }), `${AT}.type`],
    ["a block of the future", withBlocks({ type: "hologram" }), `${AT}.type`],
    ["a use of a server's tool", afterBlocks({ type: "server_tool_use", id: "s" }), "messages.1.content.0.type"],
    [
      "citations of a text",
      afterBlocks({ type: "text", text: "a", citations: [{}] }),
      "messages.1.content.0.citations",
    ],
    [
      "citations of a document",
      withBlocks({ type: "document", source: PDF, citations: { enabled: true } }),
      `${AT}.citations`,
    ],
    ["the context of a document", withBlocks({ type: "document", source: PDF, context: "x" }), `${AT}.context`],
    ["a document of blocks", withBlocks({ type: "document", source: { type: "content" } }), `${AT}.source.type`],
    ["an http: URL", withBlocks({ type: "image", source: { type: "url", url: "http://a.test" } }), `${AT}.source.url`],
    [
      "a picture that changes",
      withBlocks({ type: "image", source: PNG, transformations: {} }),
      `${AT}.transformations`,
    ],
    [
      "another breakpoint",
      withBlocks({ type: "text", text: "a", cache_control: { type: "x" } }),
      `${AT}.cache_control`,
    ],
    ["a caller that is code", afterBlocks({ ...USE, caller: { type: "code" } }), "messages.1.content.0.caller"],
    ["a toolset", afterBlocks({ ...USE, toolset_name: "browser" }), "messages.1.content.0.toolset_name"],
    [
      "a reference to a tool in a result",
      withBlocks({ type: "tool_result", tool_use_id: "t", content: [{ type: "tool_reference" }] }),
      `${AT}.content.0.type`,
    ],
    ["a member of a message", body({ messages: [{ role: "user", content: "a", name: "x" }] }), "messages.0.name"],
    ["a tool of Anthropic's", body({ tools: [WEATHER, { type: "web_search_20260318", name: "w" }] }), "tools.1.type"],
    ["an example of an input", body({ tools: [{ ...WEATHER, input_examples: [{}] }] }), "tools.0.input_examples"],
    ["a tool that loads later", body({ tools: [{ ...WEATHER, defer_loading: true }] }), "tools.0.defer_loading"],
    ["another choice of tools", body({ tool_choice: { type: "some" } }), "tool_choice.type"],
    ["another effort", body({ output_config: { effort: "utmost" } }), "output_config.effort"],
    ["another form of the answer", body({ output_config: { format: { type: "xml" } } }), "output_config.format.type"],
    ["more metadata", body({ metadata: { team: "a" } }), "metadata.team"],
  ])("is named by its path: %s", (_name, given, path) => {
    const { untranslated, own } = messagesDoor.read(given);
    expect(untranslated.map((each) => each.path)).toEqual([path]);
    expect(own).toEqual({});
  });

  it("is in the body's own fields where nothing knows the field", () => {
    const own = {
      container: "c",
      context_management: { edits: [] },
      speed: "fast",
      cache_control: { type: "ephemeral" },
    };
    expect(messagesDoor.read(body({ ...own, mcp_servers: [], inference_geo: null }))).toMatchObject({
      own,
      untranslated: [],
    });
    expect(messagesDoor.read(body({ speed: "standard", mcp_servers: [] })).own).toEqual({});
  });

  it("is nothing in a tool that says what is so anyway", () => {
    const tool = { ...WEATHER, type: "custom", defer_loading: false, allowed_callers: ["direct"], input_examples: [] };
    expect(messagesDoor.read(body({ tools: [{ ...tool, eager_input_streaming: true }] }))).toMatchObject({
      tools: [{ name: "get_weather" }],
      untranslated: [],
    });
  });
});

describe("what Anthropic's API refuses", () => {
  it.each([
    ["no model", body({ model: undefined }), "model"],
    ["an empty model", body({ model: "" }), "model"],
    ["a model that is no text", body({ model: 5 }), "model"],
    ["no bound", body({ max_tokens: undefined }), "max_tokens"],
    ["a bound of 0", body({ max_tokens: 0 }), "max_tokens"],
    ["no messages", body({ messages: undefined }), "messages"],
    ["an empty conversation", body({ messages: [] }), "messages"],
    ["messages that are no list", body({ messages: {} }), "messages"],
    ["a message that is none", body({ messages: ["Hi"] }), "messages.0"],
    ["a message without a role", body({ messages: [{ content: "a" }] }), "messages.0.role"],
    ["another role", body({ messages: [{ role: "tool", content: "a" }] }), "messages.0.role"],
    ["no content", body({ messages: [{ role: "user" }] }), "messages.0.content"],
    ["a block that is none", withBlocks("a"), AT],
    ["a block without a type", withBlocks({ text: "a" }), `${AT}.type`],
    ["a text that is none", withBlocks({ type: "text", text: 5 }), `${AT}.text`],
    ["a picture without a source", withBlocks({ type: "image" }), `${AT}.source`],
    ["a source without a type", withBlocks({ type: "image", source: {} }), `${AT}.source.type`],
    ["what is no base64", withBlocks({ type: "image", source: { ...PNG, data: "ä" } }), `${AT}.source.data`],
    [
      "thinking without a signature",
      afterBlocks({ type: "thinking", thinking: "a" }),
      "messages.1.content.0.signature",
    ],
    ["a call without an id", afterBlocks({ ...USE, id: undefined }), "messages.1.content.0.id"],
    ["a call without an input", afterBlocks({ ...USE, input: undefined }), "messages.1.content.0.input"],
    ["a result without its call", withBlocks({ type: "tool_result", content: "a" }), `${AT}.tool_use_id`],
    ["a tool without a name", body({ tools: [{ input_schema: {} }] }), "tools.0.name"],
    ["a tool without a schema", body({ tools: [{ name: "a" }] }), "tools.0.input_schema"],
    ["tools that are no list", body({ tools: {} }), "tools"],
    ["a choice without a type", body({ tool_choice: {} }), "tool_choice.type"],
    ["a choice of no tool", body({ tool_choice: { type: "tool" } }), "tool_choice.name"],
    ["a temperature in words", body({ temperature: "hot" }), "temperature"],
    ["a stop that is no text", body({ stop_sequences: ["a", 5] }), "stop_sequences.1"],
    ["thinking without a type", body({ thinking: {} }), "thinking.type"],
    ["thinking without a budget", body({ thinking: { type: "enabled" } }), "thinking.budget_tokens"],
    [
      "a schema that is none",
      body({ output_config: { format: { type: "json_schema" } } }),
      "output_config.format.schema",
    ],
    ["a stream in words", body({ stream: "yes" }), "stream"],
    ["a system that is none", body({ system: 5 }), "system"],
    ["metadata that is none", body({ metadata: "a" }), "metadata"],
  ])("is a fault of its field: %s", (_name, given, path) => {
    const read = () => messagesDoor.read(given);
    expect(read).toThrow(expect.objectContaining({ code: "validation_error" }));
    expect(faultsOf(read)).toEqual([path]);
  });

  it("is named up to fifty faults, however many a body has", () => {
    expect(
      faultsOf(() => messagesDoor.read(body({ messages: Array.from({ length: 100_000 }, () => 1) }))),
    ).toHaveLength(50);
    const { untranslated } = messagesDoor.read(withBlocks(...Array.from({ length: 1_000 }, () => ({ type: "x" }))));
    expect(untranslated).toHaveLength(50);
  });

  it("is named whole, not only its first fault", () => {
    expect(faultsOf(() => messagesDoor.read({ messages: [{}], top_p: "a" }))).toEqual([
      "model",
      "messages.0.role",
      "max_tokens",
      "top_p",
    ]);
  });
});

describe("the tokens of a body", () => {
  it("are our estimate of messages, tools and schema, without a bound on the answer", () => {
    const given = { model: "gpt-6-sol", system: "abcd", messages: [{ role: "user", content: "abcde" }] };
    expect(countMessagesTokens(given)).toEqual({ input_tokens: 4 + 1 + 4 + 2 });
    const more = countMessagesTokens({
      ...given,
      tools: [WEATHER],
      output_config: { format: { type: "json_schema", schema: {} } },
    });
    expect(more.input_tokens).toBeGreaterThan(11 + 1);
  });

  it("are refused for a body that is refused", () => {
    expect(() => countMessagesTokens({ messages: [] })).toThrow(AppError);
  });
});

/** The paths of the faults that reading a body finds. */
function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return (error.errors ?? []).map(({ path }) => path);
    throw error;
  }
  return [];
}
