import { describe, expect, it } from "vitest";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { body, CITY, faultsOf, WEATHER } from "./bodies.ts";

const read = (changes: Record<string, unknown>) => responsesDoor.read(body(changes));

describe("the reading of a body of Responses", () => {
  it("takes the smallest body", () => {
    expect(read({})).toEqual({
      model: "gpt-6-sol",
      stream: false,
      messages: [{ role: "user", content: "Hello" }],
      parameters: {},
      own: {},
      untranslated: [],
    });
  });

  it("takes every setting by our own name", () => {
    const request = read({
      stream: true,
      instructions: "Be brief.",
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 900,
      service_tier: "flex",
      prompt_cache_key: "triage",
      reasoning: { effort: "high", summary: "detailed" },
      text: { verbosity: "low", format: { type: "json_schema", name: "city", schema: CITY, strict: true } },
      user: "older",
      safety_identifier: "u1",
      tools: [WEATHER],
      tool_choice: { type: "function", name: "get_weather" },
      parallel_tool_calls: false,
    });
    const { type: _type, ...tool } = WEATHER;
    expect(request).toEqual({
      model: "gpt-6-sol",
      stream: true,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      parameters: {
        temperature: 0.5,
        top_p: 0.9,
        max_tokens: 900,
        service_tier: "flex",
        prompt_cache_key: "triage",
        reasoning_effort: "high",
        verbosity: "low",
      },
      output_schema: CITY,
      output_format: { name: "city", strict: true },
      reasoning: true,
      user: "u1",
      tools: [tool],
      tool_choice: { name: "get_weather" },
      parallel_tool_calls: false,
      own: {},
      untranslated: [],
    });
  });

  it.each([
    ["a summary of any length", { reasoning: { summary: "concise" } }, true],
    ["a summary by its older name", { reasoning: { generate_summary: "auto" } }, true],
    ["reasoning to send back", { include: ["reasoning.encrypted_content"] }, true],
    ["no summary", { reasoning: { effort: "low", summary: null } }, undefined],
  ])("wants the reasoning for %s: %#", (_case, changes, wanted) => {
    expect(read(changes).reasoning).toBe(wanted);
  });

  it.each([
    [
      "a schema without a strictness is not enforced",
      { type: "json_schema", name: "a", schema: CITY, strict: null },
      CITY,
    ],
    ["JSON mode is the schema of any object", { type: "json_object" }, { type: "object", additionalProperties: true }],
    ["a text has no schema", { type: "text" }, undefined],
  ])("%s", (_case, format, schema) => {
    const request = read({ text: { format } });
    expect(request.output_schema).toEqual(schema);
    expect(request.output_format?.strict ?? false).toBe(false);
  });

  it("keeps the description of a schema", () => {
    const format = { type: "json_schema", name: "city", description: "A city", schema: CITY };
    expect(read({ text: { format } }).output_format).toEqual({ name: "city", description: "A city", strict: false });
  });

  it.each(["auto", "none", "required"])("takes the tool choice %s", (tool_choice) => {
    expect(read({ tool_choice }).tool_choice).toBe(tool_choice);
  });

  it("takes a function without a description, parameters and strictness", () => {
    const tool = { type: "function", name: "now", description: null, parameters: null, strict: null };
    expect(read({ tools: [{ ...tool, defer_loading: false, async: false }] })).toMatchObject({
      tools: [{ name: "now", parameters: { type: "object", properties: {} } }],
      untranslated: [],
    });
  });

  it.each([
    ["store", true],
    ["background", true],
    ["previous_response_id", "resp_1"],
    ["conversation", "conv_1"],
    ["truncation", "auto"],
    ["metadata", { a: "b" }],
    ["max_tool_calls", 3],
    ["include", ["message.output_text.logprobs", "reasoning.encrypted_content"]],
    ["top_logprobs", 2],
    ["context_management", [{ type: "compaction" }]],
    ["moderation", { model: "omni-moderation-latest" }],
    ["a_field_of_tomorrow", "x"],
  ])("keeps %s as a field of this format alone", (name, value) => {
    expect(read({ [name]: value })).toMatchObject({ own: { [name]: value }, untranslated: [] });
  });

  it.each([
    ["store", false],
    ["background", false],
    ["truncation", "disabled"],
    ["include", []],
    ["include", ["reasoning.encrypted_content"]],
    ["metadata", {}],
    ["top_logprobs", 0],
    ["context_management", []],
    ["stream_options", { include_obfuscation: false }],
    ["previous_response_id", null],
    ["a_field_of_tomorrow", null],
  ])("reads nothing in a %s of %j, which is what the API does anyway", (name, value) => {
    expect(read({ [name]: value })).toMatchObject({ own: {}, untranslated: [] });
  });

  it.each([
    ["a tool of the provider's own", { tools: [WEATHER, { type: "web_search" }] }, ["tools.1.type"]],
    ["a custom tool", { tools: [{ type: "custom", name: "sql" }] }, ["tools.0.type"]],
    ["a deferred function", { tools: [{ ...WEATHER, defer_loading: true }] }, ["tools.0.defer_loading"]],
    ["a choice among tools", { tool_choice: { type: "allowed_tools", mode: "auto", tools: [] } }, ["tool_choice.type"]],
    ["a choice of tomorrow", { tool_choice: "often" }, ["tool_choice"]],
    ["an effort of tomorrow", { reasoning: { effort: "ultra" } }, ["reasoning.effort"]],
    ["a context of reasoning", { reasoning: { context: "all_turns" } }, ["reasoning.context"]],
    ["a verbosity of tomorrow", { text: { verbosity: "terse" } }, ["text.verbosity"]],
    ["a format of tomorrow", { text: { format: { type: "grammar" } } }, ["text.format.type"]],
    ["a member of the format", { text: { format: { type: "text", x: 1 } } }, ["text.format.x"]],
    ["a temperature out of range", { temperature: 3 }, ["temperature"]],
    ["no tokens at all", { max_output_tokens: 0 }, ["max_output_tokens"]],
  ])("names %s as what no other API has", (_case, changes, paths) => {
    expect(read(changes).untranslated.map(({ path }) => path)).toEqual(paths);
  });

  it("says nothing of members of reasoning that are so anyway", () => {
    expect(read({ reasoning: { context: "auto", mode: "standard" } }).untranslated).toEqual([]);
  });

  it("needs no model and no input where a stored prompt has them", () => {
    const request = responsesDoor.read({ prompt: { id: "pmpt_1" } });
    expect(request).toMatchObject({ model: "", messages: [], own: {}, untranslated: [] });
  });

  it.each(["previous_response_id", "conversation"])("needs no input beside a %s", (name) => {
    expect(responsesDoor.read({ model: "gpt-6-sol", [name]: "id_1" }).messages).toEqual([]);
  });

  it.each([
    ["no model", { model: undefined }, ["model is missing"]],
    ["an empty model", { model: "" }, ["model is missing"]],
    ["a model that is no text", { model: 4 }, ["model must be a string"]],
    ["no input", { input: undefined }, ["input is missing"]],
    ["an input that is neither", { input: 4 }, ["input must be a string or a list of items"]],
    ["an item that is none", { input: ["x"] }, ["input.0 must be an object"]],
    ["instructions in a list", { instructions: [] }, ["instructions must be a string"]],
    ["a stream that is no boolean", { stream: "yes" }, ["stream must be a boolean"]],
    ["tools that are no list", { tools: {} }, ["tools must be a list"]],
    ["a tool without a type", { tools: [{ name: "x" }] }, ["tools.0.type is missing"]],
    ["a function without a name", { tools: [{ type: "function" }] }, ["tools.0.name is missing"]],
    [
      "parameters that are no schema",
      { tools: [{ ...WEATHER, parameters: 1 }] },
      ["tools.0.parameters must be an object"],
    ],
    ["a choice of no function", { tool_choice: { type: "function" } }, ["tool_choice.name is missing"]],
    ["text that is no object", { text: "x" }, ["text must be an object"]],
    ["a format without a type", { text: { format: {} } }, ["text.format.type is missing"]],
    [
      "a format without name and schema",
      { text: { format: { type: "json_schema" } } },
      ["text.format.name is missing", "text.format.schema must be an object"],
    ],
    ["reasoning that is no object", { reasoning: true }, ["reasoning must be an object"]],
    ["a summary that is no text", { reasoning: { summary: true } }, ["reasoning.summary must be a string"]],
    ["half a token", { max_output_tokens: 1.5 }, ["max_output_tokens must be an integer"]],
    [
      "several faults",
      { model: 1, temperature: "hot", input: [{}] },
      [
        "input.0.role is missing",
        "input.0.content must be a string or a list of content parts",
        "temperature must be a number",
        "model must be a string",
      ],
    ],
  ])("refuses %s, with every faulty field", (_case, changes, faults) => {
    const found = faultsOf(() => read(changes)).map(({ path, message }) => `${path} ${message}`);
    expect(found.toSorted()).toEqual(faults.toSorted());
  });
});
