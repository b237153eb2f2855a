import { describe, expect, it } from "vitest";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { body, CALL, PNG, WEATHER, withCall, withMessage, withPart } from "./bodies.ts";

const untranslatedIn = (given: Record<string, unknown>) => chatDoor.read(given).untranslated.map(({ path }) => path);

describe("what other APIs cannot say", () => {
  it("is a field of OpenAI's own, by its name and with its value", () => {
    const own = {
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      logit_bias: { 50256: -100 },
      modalities: ["text", "audio"],
      audio: { voice: "alloy", format: "wav" },
      prediction: { type: "content", content: "Hi" },
      web_search_options: {},
      store: true,
      metadata: { team: "a" },
      functions: [{ name: "f" }],
      function_call: "auto",
      moderation: { model: "omni-moderation-latest" },
      prompt_cache_retention: "24h",
      a_field_of_tomorrow: { deep: [1] },
    };
    const read = chatDoor.read(body(own));
    expect([read.own, read.untranslated]).toEqual([own, []]);
  });

  it("is no field that says what is so without it", () => {
    const said = {
      n: 1,
      logprobs: false,
      top_logprobs: 0,
      logit_bias: {},
      modalities: ["text"],
      store: false,
      metadata: {},
      functions: [],
      prompt_cache_retention: "in_memory",
      audio: null,
      prediction: null,
      stream_options: { include_usage: true },
    };
    const { own, untranslated } = chatDoor.read(body(said));
    expect([own, untranslated]).toEqual([{}, []]);
  });

  it("is Anthropic's parameters where they are not what Anthropic takes", () => {
    expect(chatDoor.read(body({ top_k: -1, thinking: true })).own).toEqual({ top_k: -1, thinking: true });
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "the role of the functions of before",
      withMessage({ role: "function", name: "f", content: null }),
      ["messages.0.role"],
    ],
    ["a role of tomorrow", withMessage({ role: "critic", content: "Hi" }), ["messages.0.role"]],
    ["the name of who speaks", withMessage({ role: "user", name: "Ada", content: "Hi" }), ["messages.0.name"]],
    ["a member of tomorrow", withMessage({ role: "user", content: "Hi", mood: "good" }), ["messages.0.mood"]],
    [
      "an earlier recording of the assistant",
      withMessage({ role: "assistant", audio: { id: "audio_1" } }),
      ["messages.0.audio"],
    ],
    [
      "a call of a function of before",
      withMessage({ role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } }),
      ["messages.0.function_call"],
    ],
    [
      "a call of a custom tool",
      withCall({ id: "c1", type: "custom", custom: { name: "f", input: "" } }),
      ["messages.0.tool_calls.0.type"],
    ],
    [
      "what another provider adds to a call",
      withCall({ ...CALL, extra_content: { google: {} } }),
      ["messages.0.tool_calls.0.extra_content"],
    ],
    [
      "thinking that nobody signed",
      withMessage({ role: "assistant", content: "Hi", thinking_blocks: [{ type: "thinking", thinking: "Hm." }] }),
      ["messages.0.thinking_blocks.0"],
    ],
    ["a part of tomorrow", withPart({ type: "smell", smell: {} }), ["messages.0.content.0.type"]],
    ["a member of a part", withPart({ type: "text", text: "Hi", lang: "en" }), ["messages.0.content.0.lang"]],
    [
      "a picture over plain HTTP",
      withPart({ type: "image_url", image_url: { url: "http://cdn.test/a.png" } }),
      ["messages.0.content.0.image_url.url"],
    ],
    [
      "a picture in a detail of its own",
      withPart({ type: "image_url", image_url: { url: PNG, detail: "original" } }),
      ["messages.0.content.0.image_url.detail"],
    ],
    [
      "a recording in another format",
      withPart({ type: "input_audio", input_audio: { data: "AA==", format: "flac" } }),
      ["messages.0.content.0.input_audio.format"],
    ],
    [
      "a file that is no data URL",
      withPart({ type: "file", file: { file_data: "JVBERi0=", filename: "a.pdf" } }),
      ["messages.0.content.0.file.file_data"],
    ],
    [
      "a cache of another kind",
      withPart({ type: "text", text: "Hi", cache_control: { type: "lasting" } }),
      ["messages.0.content.0.cache_control"],
    ],
    [
      "a breakpoint of another kind",
      withPart({ type: "text", text: "Hi", prompt_cache_breakpoint: { mode: "implicit" } }),
      ["messages.0.content.0.prompt_cache_breakpoint"],
    ],
    ["a custom tool", body({ tools: [WEATHER, { type: "custom", custom: { name: "f" } }] }), ["tools.1.type"]],
    ["a cache in a tool", body({ tools: [{ ...WEATHER, cache_control: {} }] }), ["tools.0.cache_control"]],
    [
      "a member of a function",
      body({ tools: [{ type: "function", function: { name: "f", examples: [] } }] }),
      ["tools.0.function.examples"],
    ],
    [
      "a choice among some tools",
      body({ tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } } }),
      ["tool_choice.type"],
    ],
    [
      "the choice of a custom tool",
      body({ tool_choice: { type: "custom", custom: { name: "f" } } }),
      ["tool_choice.type"],
    ],
    ["a choice of tomorrow", body({ tool_choice: "validated" }), ["tool_choice"]],
    ["a format of tomorrow", body({ response_format: { type: "grammar" } }), ["response_format.type"]],
    [
      "the schema of another server's JSON mode",
      body({ response_format: { type: "json_object", schema: {} } }),
      ["response_format.schema"],
    ],
    [
      "a choice with more in it",
      body({ tool_choice: { type: "function", function: { name: "f" }, mode: "x" } }),
      ["tool_choice.mode"],
    ],
    [
      "an option of another server's stream",
      body({ stream_options: { include_usage: true, continuous_usage_stats: true } }),
      ["stream_options.continuous_usage_stats"],
    ],
    ["an effort of tomorrow", body({ reasoning_effort: "ultra" }), ["reasoning_effort"]],
    ["a verbosity of tomorrow", body({ verbosity: "silent" }), ["verbosity"]],
    ["a temperature that is too high", body({ temperature: 3 }), ["temperature"]],
    ["no token at all", body({ max_tokens: 0 }), ["max_tokens"]],
    ["two different bounds", body({ max_tokens: 1, max_completion_tokens: 2 }), ["max_tokens"]],
  ])("is named for %s, and is no reason to refuse the body", (_what, given, paths) => {
    expect(untranslatedIn(given)).toEqual(paths);
  });

  it("still counts where it is text, so that an estimate is not too low", () => {
    expect(chatDoor.read(withMessage({ role: "critic", content: "Hello" })).messages).toEqual([
      { role: "user", content: "Hello" },
    ]);
  });
});
