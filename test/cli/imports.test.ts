import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { UsageError } from "../../src/cli/errors.ts";
import { promptNameOf } from "../../src/cli/import/imported-file.ts";
import { importLangfuse } from "../../src/cli/import/langfuse.ts";
import { importOpenaiPrompts } from "../../src/cli/import/openai-prompts.ts";
import { importPromptfoo } from "../../src/cli/import/promptfoo.ts";

const sourceOf = (value: unknown, beside: Record<string, string> = {}) => ({
  name: "export.json",
  text: typeof value === "string" ? value : JSON.stringify(value),
  readBeside: (path: string) => beside[path],
  settings: { promptsFolder: "prompts", testsFolder: "tests" },
});

describe("OpenAI's stored prompts", () => {
  it("keep messages, settings, functions, schema and id; what has no counterpart is told", () => {
    const [file] = importOpenaiPrompts(
      sourceOf({
        id: "pmpt_1",
        name: "Support / Answer",
        model: "gpt-5",
        instructions: "For {{company}}.",
        input: [{ role: "user", content: [{ type: "input_text", text: "{{question}}" }] }],
        reasoning: { effort: "low" },
        max_output_tokens: 50,
        text: { format: { type: "json_schema", schema: { type: "object" } } },
        tools: [{ type: "function", name: "find", parameters: { type: "object" } }, { type: "web_search" }],
        truncation: "auto",
      }),
    );
    expect(file?.path).toBe("prompts/support/answer.prompt.yaml");
    expect(parse(file?.text ?? "")).toEqual({
      name: "support/answer",
      model: "gpt-5",
      messages: [
        { role: "developer", content: "For {{company}}." },
        { role: "user", content: "{{question}}" },
      ],
      settings: { max_tokens: 50, reasoning_effort: "low" },
      output_schema: { type: "object" },
      tools: [{ name: "find", parameters: { type: "object" } }],
      metadata: { openai_prompt: "pmpt_1" },
    });
    expect(file?.warnings.join("\n")).toMatch(/truncation[^]*pbt-edge alias pmpt_1 support\/answer[^]*web_search/);
  });

  it.each(["not JSON", '{"id":"pmpt_1"}'])("%s is refused", (text) => {
    expect(() => importOpenaiPrompts(sourceOf(text))).toThrow(UsageError);
  });
});

describe("Langfuse's prompts", () => {
  it("are taken in their newest version, with references as includes and placeholders", () => {
    const chat = [
      { role: "system", content: "@@@langfusePrompt:name=legal/terms|version=2@@@ Hi {{user}}" },
      { type: "placeholder", name: "history" },
    ];
    const files = importLangfuse(
      sourceOf({
        data: [
          { name: "chat", version: 2, prompt: chat, config: { temperature: 0, owner: "ops" }, labels: ["latest"] },
          { name: "chat", version: 1, prompt: "old", config: {}, labels: [] },
        ],
      }),
    );
    expect(files).toHaveLength(1);
    expect(parse(files[0]?.text ?? "")).toMatchObject({
      messages: [{ role: "system", content: '{% include "legal/terms#2" %} Hi {{user}}' }, { placeholder: "history" }],
      settings: { temperature: 0 },
      metadata: { langfuse_version: 2, langfuse_config: { owner: "ops" } },
    });
    expect(files[0]?.warnings).toEqual([
      "kept in the metadata, where it has no effect: config.owner",
      "an older version was left out",
    ]);
  });
});

describe("promptfoo's configuration", () => {
  it("gives a prompt and a file of tests for each of its prompts", () => {
    const config = {
      prompts: ["file://a.txt", { label: "B", raw: '[{"role":"user","content":"{{x}}"}]' }],
      providers: ["openai:chat:gpt-5", "ollama:llama"],
      tests: "file://cases.yaml",
    };
    const beside = {
      "a.txt": "Say {{x}}",
      "cases.yaml": "- {vars: {x: 'file://x.txt'}, assert: [{type: equals, value: y}]}",
      "x.txt": "long",
    };
    const files = importPromptfoo(sourceOf(config, beside));
    expect(files.map(({ path }) => path)).toEqual([
      "prompts/a.prompt.yaml",
      "tests/a.test.yaml",
      "prompts/b.prompt.yaml",
      "tests/b.test.yaml",
    ]);
    expect(parse(files[0]?.text ?? "")).toEqual({ name: "a", models: ["openai/gpt-5"], template: "Say {{x}}" });
    expect(parse(files[2]?.text ?? "")).toMatchObject({ messages: [{ role: "user", content: "{{x}}" }] });
    expect(parse(files[1]?.text ?? "")).toEqual({
      prompt_file: "prompts/a.prompt.yaml",
      tests: [{ name: expect.any(String), inputs: { x: "long" }, assertions: [{ type: "equals", value: "y" }] }],
    });
    expect(files[0]?.warnings).toEqual([expect.stringMatching(/^not taken over: providers\.1, because /)]);
  });
});

it.each([
  ["Support / Answer!", "support/answer"],
  ["  a__b  ", "a_b"],
  ["v1.2-final", "v1.2-final"],
  ["///", "prompt"],
  [".hidden", "hidden"],
])("the name of %j is %s", (text, expected) => expect(promptNameOf(text)).toBe(expected));
