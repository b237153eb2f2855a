import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CliWorld, writeIn } from "./world.ts";

/** Exports of other tools, after their public formats. */
const EXPORTS: Readonly<Record<string, string>> = {
  "openai.json": JSON.stringify({
    id: "pmpt_123",
    name: "Support Answer",
    version: "3",
    model: "gpt-4o-mini",
    instructions: "You answer for {{company}}.",
    input: [{ role: "user", content: [{ type: "input_text", text: "{{question}}" }] }],
    reasoning: { effort: "low" },
    text: {
      format: {
        type: "json_schema",
        name: "answer",
        schema: { type: "object", properties: { a: { type: "string" } } },
      },
    },
    tools: [{ type: "function", name: "find", parameters: { type: "object" }, strict: true }, { type: "web_search" }],
    max_output_tokens: 300,
  }),
  "langfuse.json": JSON.stringify({
    data: [
      { name: "legal/terms", version: 1, type: "text", prompt: "Old.", config: {}, labels: [], tags: [] },
      {
        name: "legal/terms",
        version: 2,
        type: "text",
        prompt: "Be brief.",
        config: { model: "gpt-4o-mini" },
        labels: ["production", "latest"],
        tags: ["legal"],
      },
      {
        name: "chat",
        version: 1,
        type: "chat",
        prompt: [
          { role: "system", content: "@@@langfusePrompt:name=legal/terms|label=production@@@ Help {{user}}." },
          { type: "placeholder", name: "history" },
        ],
        config: { model: "gpt-4o-mini", temperature: 0.2, owner: "ops" },
        labels: [],
        tags: [],
      },
    ],
    meta: { page: 1 },
  }),
  "promptfooconfig.yaml": `description: Translation
prompts:
  - "Translate {{ text }} to {{ language }}."
  - file://chat.json
providers: [openai:chat:gpt-4o-mini, {id: anthropic:messages:claude-haiku-4-5, config: {temperature: 0}}, ollama:llama3]
defaultTest: {assert: [{type: latency, threshold: 9000}]}
tests:
  - description: says bonjour
    vars: {text: hello, language: French}
    assert:
      - {type: icontains, value: bonjour}
      - {type: not-contains, value: hello}
      - {type: javascript, value: output.length < 9}
      - {type: llm-rubric, value: is French}
`,
  "chat.json": `[{"role": "system", "content": "You translate."}, {"role": "user", "content": "{{ text }}"}]`,
  "joker.prompt.yml":
    "name: Joker\nmodel: openai/gpt-4o-mini\nmessages:\n  - {role: user, content: 'A joke about {{topic}}'}\nmodelParameters: {temperature: 0.9}\ntestData: [{topic: cats}]\nevaluators: [{name: funny, string: {contains: cat}}]\n",
  "greet.prompty":
    "---\nname: Greet\nmodel: gpt-4o-mini\ninputs: {who: {type: string}}\n---\nsystem:\nGreet.\nuser:\n{{who}}\n",
  "menu.prompt": "---\nmodel: gpt-4o-mini\ninput: {schema: {theme: string}}\n---\nA menu for {{theme}}.\n",
};

const CALLS: readonly (readonly [kind: string, file: string, paths: readonly string[], told: RegExp])[] = [
  [
    "openai-prompts",
    "openai.json",
    ["prompts/support-answer.prompt.yaml"],
    /pbt-edge alias pmpt_123 support-answer[^]*web_search/,
  ],
  [
    "langfuse",
    "langfuse.json",
    ["prompts/legal/terms.prompt.yaml", "prompts/chat.prompt.yaml"],
    /1 older versions[^]*--to production[^]*config\.owner/,
  ],
  [
    "promptfoo",
    "promptfooconfig.yaml",
    ["prompts/prompt-1.prompt.yaml", "tests/prompt-1.test.yaml", "prompts/chat.prompt.yaml", "tests/chat.test.yaml"],
    /not taken over: providers[^]*javascript/,
  ],
  ["github-models", "joker.prompt.yml", ["prompts/joker.prompt.yml"], /Joker/],
  ["prompty", "greet.prompty", ["prompts/greet.prompty"], /Greet/],
  ["dotprompt", "menu.prompt", ["prompts/menu.prompt"], /✓/],
];

/** Prompts of other tools become files that the server takes. */
export const IMPORT_STEPS: Record<string, (world: CliWorld) => Promise<void>> = {
  async "each kind of export becomes files of a project, which the server takes and tests"(world) {
    const { terminal, root } = world;
    for (const [name, text] of Object.entries(EXPORTS)) writeIn(root, `exports/${name}`, text);
    for (const [kind, file, paths, told] of CALLS) {
      const folder = join(root, "imported", kind);
      const made = await terminal.run(["import", kind, join(root, "exports", file), "--project", folder]);
      assert.match(made.out, told);
      for (const path of paths) assert.ok(readFileSync(join(folder, path), "utf8").length > 0, path);
    }
    const again = [
      "import",
      "prompty",
      join(root, "exports/greet.prompty"),
      "--project",
      join(root, "imported/prompty"),
    ];
    assert.match((await terminal.run(again, { code: 2 })).err, /there already/);
    const langfuse = join(root, "imported/langfuse");
    const chat = readFileSync(join(langfuse, "prompts/chat.prompt.yaml"), "utf8");
    assert.match(chat, /\{% include "legal\/terms@production" %\} Help \{\{user\}\}/);
    await terminal.run(["push", "--select", "legal/terms", "--label", "production", "--project", langfuse]);
    await terminal.run(["push", "--project", langfuse]);
    await terminal.run(["push", "--project", join(root, "imported/openai-prompts"), "--select", "support-answer"]);
    const promptfoo = join(root, "imported/promptfoo");
    await terminal.run(["push", "--project", promptfoo, "--select", "prompt-1", "--force"]);
    await world.mock.profile({ default: { answer: "Bonjour." } });
    const tested = await terminal.run(["test", "prompt-1", "--project", promptfoo, "--model", "gpt-4o-mini"], {
      code: 1,
    });
    assert.match(tested.out, /✗ says bonjour[^]*llm_rubric/);
    await world.mock.profile({});
  },
};
