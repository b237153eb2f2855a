import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/errors.ts";
import { diffHunks, diffLines } from "../../src/cli/project/line-diff.ts";
import { testsOfPrompt } from "../../src/cli/project/project-tests.ts";
import { contentHash, planPush } from "../../src/cli/project/push-plan.ts";
import { readProject } from "../../src/cli/project/read-project.ts";
import { isSelected } from "../../src/cli/project/select.ts";
import { readVariables } from "../../src/cli/project/variables.ts";

const projectOf = (files: Record<string, string>) => readProject(new Map(Object.entries(files)));
const namesOf = (files: Record<string, string>) => projectOf(files).prompts.map(({ name }) => name);

describe("a project", () => {
  it("has the prompts of the folder that pbt.yaml names, plain YAML included, and none of its tests", () => {
    const files = {
      "p/A b.yaml": "",
      "p/x/y.prompt.yml": "",
      "p/y.test.yaml": "",
      "p/z.chain.yaml": "",
      "other.yaml": "",
      "tests/z.yaml": "",
    };
    expect(namesOf({ ...files, "pbt.yaml": "directories: {prompts: ./p/}" })).toEqual(["a-b", "x/y"]);
  });

  it("is a folder of loose prompt files, too, whose other YAML is no prompt", () => {
    expect(namesOf({ "a.prompt.yaml": "", "b/c.prompty": "", "values.yaml": "" })).toEqual(["a", "b/c"]);
  });

  it.each<[Record<string, string>]>([
    [{ "ä.prompt.yaml": "" }],
    [{ "a.prompt.yaml": "", "a.prompty": "" }],
    [{ "pbt.yaml": "a: [" }],
  ])("with the files %j is refused", (files) => expect(() => projectOf(files)).toThrow(UsageError));
});

describe("planning a push", () => {
  const stored = (name: string, source: string) => ({ name, version: 4, content_hash: contentHash(source) });

  it("tells by the hashes of the list which prompts are new, changed and unchanged", () => {
    const { prompts } = projectOf({
      "a.prompt.yaml": "template: a",
      "b.prompt.yaml": "template: b",
      "c.prompt.yaml": "template: c",
    });
    const planned = planPush(prompts, [stored("a", "template: a"), stored("b", "template: old")]);
    expect(planned.map(({ name, state, version }) => [name, state, version])).toEqual([
      ["a", "unchanged", 4],
      ["b", "changed", 4],
      ["c", "new", null],
    ]);
  });

  it("publishes a prompt after those that it includes, also where its own file is the same", () => {
    const source = "template: \"{% include 'z' %}\"";
    const { prompts } = projectOf({ "a.prompt.yaml": source, "z.prompt.yaml": "template: z" });
    const planned = planPush(prompts, [stored("a", source)]);
    expect(planned.map(({ name, state }) => [name, state])).toEqual([
      ["z", "new"],
      ["a", "rebuilt"],
    ]);
  });
});

describe("the tests of a prompt", () => {
  const files = {
    "pbt.yaml": "name: x",
    "prompts/hello.prompt.yaml": "template: hi\ntests: [{name: own, inputs: {}}]",
    "prompts/other.prompt.yaml": "template: hi",
    "tests/hello.test.yaml": "tests: [{name: own, inputs: {who: Ada}, expected: Hi}]",
    "tests/cases.test.yaml":
      "prompt_file: ../prompts/hello.prompt.yaml\ntest_cases: [{inputs: {}, expected_contains: a}]",
    "tests/hello.jsonl": '{"name": "line", "inputs": {}, "max_length": 3}\n',
  };
  const project = projectOf(files);
  const [hello, other] = project.prompts;
  const testsOf = (prompt: typeof hello) => (prompt ? testsOfPrompt(project, prompt) : []);

  it("are in its file, in tests of its name, and in tests that name its file, each with a name of its own", () => {
    expect(testsOf(hello).map(({ name, assertions }) => [name, assertions[0]?.type])).toEqual([
      ["own", undefined],
      ["own (2)", "equals"],
      ["test 1", "contains_all"],
      ["line", "max_length"],
    ]);
    expect(testsOf(other)).toEqual([]);
  });

  it("with faults are refused by file and field: a test left out would pass for the wrong reason", () => {
    const broken = projectOf({ ...files, "tests/hello.test.yaml": "tests: [{assertions: [{type: odd}]}]" });
    const [prompt] = broken.prompts;
    expect(() => prompt && testsOfPrompt(broken, prompt)).toThrow(/tests\/hello\.test\.yaml: tests\.0\.assertions/);
  });
});

describe("selectors", () => {
  const prompt = { name: "support/answer", state: "changed", tags: ["legal"] };
  it.each([
    ["support/*", true],
    ["support", false],
    ["tag:legal", true],
    ["state:modified", true],
    ["state:new", false],
  ])("%s selects it: %s", (selector, expected) => expect(isSelected(prompt, [selector])).toBe(expected));

  it("of an unknown state are refused", () => expect(() => isSelected(prompt, ["state:odd"])).toThrow(UsageError));
});

describe("variables", () => {
  const declared = { count: { type: "integer" }, tags: { type: "list" }, text: { type: "string" } };
  const read = (...written: string[]) => readVariables(written, declared, { cwd: "/nowhere", input: "from input" });

  it("are made what the prompt declares, because the server converts nothing", () => {
    expect(read("count=3", 'tags=["a"]', "text=3", "other=4", "text2=@-")).toEqual({
      count: 3,
      tags: ["a"],
      text: "3",
      other: "4",
      text2: "from input",
    });
  });

  it.each([["count=many"], ["count"], ["text=@missing.txt"]])("%s is refused", (written) => {
    expect(() => read(written)).toThrow(UsageError);
  });
});

describe("a line diff", () => {
  it("tells of no empty line after the end of a file, but of a missing end", () => {
    expect(diffLines("a\nb\n", "a\nc\n").lines.at(-1)).toEqual({ kind: "added", text: "c" });
    expect(diffLines("a\n", "a").lines.at(-1)).toEqual({ kind: "removed", text: "" });
  });

  it("has the fewest changes, with context and without what is far from them", () => {
    const lines = "abcdefghij".split("");
    const diff = diffLines(lines.join("\n"), [...lines.slice(0, 8), "X", "j", "k"].join("\n"));
    expect({ added: diff.added, removed: diff.removed }).toEqual({ added: 2, removed: 1 });
    const shown = diffHunks(diff, 1).map((line) => line && `${line.kind[0]}${line.text}`);
    expect(shown).toEqual(["sh", "ri", "aX", "sj", "ak"]);
  });
});
