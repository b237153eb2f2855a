import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkPrompt } from "../../src/cli/project/check-prompt.ts";
import { readProjectFolder } from "../../src/cli/project/project-folder.ts";
import { testsOfPrompt } from "../../src/cli/project/project-tests.ts";
import { callCli } from "./fake-io.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/imports");

/** Each kind with its exports, and the prompts that they become with the number of their tests. */
const EXPORTS: [kind: string, files: string[], options: string[], prompts: Record<string, number>][] = [
  [
    "langfuse",
    ["langfuse-chat.json", "langfuse-list.json"],
    [],
    { "movie-critic": 0, "shared/tone": 0, "support/reply": 0 },
  ],
  [
    "openai-prompts",
    ["openai-prompt.json", "openai-request.json", "openai-response.json"],
    [],
    { "customer-support": 0, "openai-request": 0, pmpt_68b0c6aa11: 0 },
  ],
  ["openai-evals", ["openai-eval-run.json"], [], { "capital-cities": 2 }],
  ["promptfoo", ["promptfoo/promptfooconfig.yaml"], [], { chat: 4, reply: 4, short: 4 }],
  ["github-models", ["summarizer.prompt.yml", "structured.prompt.yml"], [], { structured: 0, summarizer: 2 }],
  ["prompty", ["contoso.prompty", "support.prompty"], [], { contoso: 1, support: 0 }],
  ["dotprompt", ["menu.prompt", "chat.prompt"], [], { chat: 0, menu: 0 }],
];

describe("an export of", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "pbt-edge-exports-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const importAll = async (kind: string, files: string[], options: string[] = []) =>
    callCli(["import", kind, ...files, ...options, "--project", folder, "--json"], { cwd: FIXTURES });
  const read = (path: string) => parse(readFileSync(join(folder, path), "utf8")) as Record<string, unknown>;

  it.each(EXPORTS)(
    "%s becomes prompts that the server takes, with their tests",
    async (kind, files, options, prompts) => {
      const { code, err } = await importAll(kind, files, options);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const project = readProjectFolder(folder);
      const made = project.prompts.map((prompt) => {
        expect(checkPrompt(prompt).fault).toBeNull();
        return [prompt.name, testsOfPrompt(project, prompt).length];
      });
      expect(Object.fromEntries(made)).toEqual(prompts);
    },
  );

  it("openai-evals without a prompt becomes tests of the prompt that is named, with the items of a file", async () => {
    const items = ["--items", "openai-eval.jsonl"];
    const nameless = await importAll("openai-evals", ["openai-eval.json"], items);
    expect({ code: nameless.code, err: nameless.err }).toMatchObject({
      code: 2,
      err: expect.stringContaining("--prompt"),
    });
    const itemless = await importAll("openai-evals", ["openai-eval.json"], ["--prompt", "support/route"]);
    expect(itemless.err).toContain("--items");
    const made = await importAll("openai-evals", ["openai-eval.json"], [...items, "--prompt", "support/route"]);
    expect(made.code).toBe(0);
    expect(made.out).toContain("testing_criteria.3");
    const { tests } = read("tests/support/route.test.yaml") as { tests: { inputs: object; assertions: object[] }[] };
    expect(tests[0]).toMatchObject({
      inputs: { body: "My invoice is wrong" },
      assertions: [
        { type: "contains", value: "billing", ignore_case: true },
        { type: "edit_similarity", value: "billing" },
        { type: "llm_rubric" },
      ],
    });
  });

  it("langfuse keeps the schema of answers and the tools that its config has", async () => {
    await importAll("langfuse", ["langfuse-list.json"]);
    expect(read("prompts/movie-critic.prompt.yaml")).toMatchObject({
      output_schema: { required: ["rating"] },
      tools: [{ name: "find_reviews" }],
    });
  });

  it("any kind goes into the folders that pbt.yaml names", async () => {
    await callCli(["init", folder]);
    writeFileSync(join(folder, "pbt.yaml"), "name: x\ndirectories: {prompts: src/prompts, tests: src/tests}\n");
    await importAll("openai-evals", ["openai-eval-run.json"]);
    await importAll("prompty", ["support.prompty"]);
    expect(readdirSync(join(folder, "src/prompts"))).toEqual(["capital-cities.prompt.yaml", "support.prompty"]);
    expect(read("src/tests/capital-cities.test.yaml")["prompt_file"]).toBe("src/prompts/capital-cities.prompt.yaml");
  });
});
