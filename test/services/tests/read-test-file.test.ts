import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { readTestLines, readTestYaml } from "../../../src/services/tests/read-test-file.ts";

const FILE = `prompt_file: ../prompts/code-review.prompt.yaml
repeat: 3
test_cases:
  - name: old form
    inputs: {diff: "+ var x"}
    expected_contains: var
    min_score: 0.5
  - name: our form
    variables: {diff: "- let y"}
    assertions: [{type: max_length, value: 9}]
    weight: 2
`;

function faultsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.errors?.map(({ path, message }) => `${path}: ${message}`) ?? [error.detail];
  }
}

describe("a file of tests", () => {
  it("has cases of PBT's form and of ours, and the other fields of a run", () => {
    const { body } = readTestYaml("code-review", FILE);
    expect(body).toEqual({
      repeat: 3,
      tests: [
        {
          name: "old form",
          variables: { diff: "+ var x" },
          assertions: [{ type: "contains_all", value: ["var"] }],
          weight: 1,
          threshold: 0.5,
        },
        {
          name: "our form",
          variables: { diff: "- let y" },
          assertions: [{ type: "max_length", value: 9 }],
          weight: 2,
        },
      ],
    });
  });

  it("names the line of what is faulty, as deep as it is written", () => {
    const { placed } = readTestYaml("code-review", FILE);
    const at = (path: string) => placed([{ path, message: "bad" }])[0]?.message;
    expect([
      at("repeat"),
      at("tests.1.assertions.0.value"),
      at("tests.1.threshold"),
      at("models"),
      at("tests"),
    ]).toEqual(["line 2: bad", "line 10: bad", "line 8: bad", "line 1: bad", "line 3: bad"]);
    const faulty = FILE.replace("min_score: 0.5", "min_score: much").replace("expected_contains", "expected_contain");
    expect(faultsOf(() => readTestYaml("code-review", faulty))).toEqual([
      "tests.0.min_score: line 7: must be a number from 0 to 1",
      "tests.0.expected_contain: line 6: is not a known field",
    ]);
    expect(faultsOf(() => readTestYaml("code-review", "tests: [\n  {name: a"))[0]).toMatch(/Not YAML: line 2/);
    expect(faultsOf(() => readTestYaml("p", "- name: a"))).toEqual(["body: must be a mapping with tests"]);
  });

  it("is refused for another prompt than its own", () => {
    expect(faultsOf(() => readTestYaml("other", FILE))).toEqual([
      "prompt: line 1: is not other, for which the tests are to be run",
    ]);
    expect(faultsOf(() => readTestYaml("team/x", "prompt: team/x\ntests: []"))).toEqual([]);
    expect(faultsOf(() => readTestYaml("review", FILE))).toHaveLength(1);
  });

  it("of lines has a case in each, and names the line of a fault", () => {
    const lines = `{"name": "a", "input": {"x": 1}, "expected": "1"}\n\n{"name": "b", "assertions": [{"type": "none"}]}\n`;
    const { body, placed } = readTestLines("p", lines);
    expect(body).toEqual({
      tests: [
        { name: "a", variables: { x: 1 }, assertions: [{ type: "equals", value: "1" }], weight: 1 },
        { name: "b", assertions: [{ type: "none" }] },
      ],
    });
    expect(placed([{ path: "tests.1.assertions.0.type", message: "bad" }])).toEqual([
      { path: "tests.1.assertions.0.type", message: "line 3: bad" },
    ]);
    expect(faultsOf(() => readTestLines("p", "{}\n{"))).toEqual(["line 2: not JSON"]);
    expect(faultsOf(() => readTestLines("p", '{}\n{"prompt": "q"}'))).toEqual([
      "tests.1.prompt: line 2: is not p, for which the tests are to be run",
    ]);
  });
});
