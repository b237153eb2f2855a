import { describe, expect, it } from "vitest";
import { editorHref, promptHref } from "../../src/dashboard/pages/prompts/addresses.ts";
import { countChanges, diffRows, foldRows } from "../../src/dashboard/pages/prompts/diff-lines.ts";
import { crumbsOf, entriesOf, folderOf } from "../../src/dashboard/pages/prompts/folders.ts";
import { meaningText, rowsOf, sharesOf, splitOf } from "../../src/dashboard/pages/prompts/label-meaning.ts";
import { inputOf, variablesOf } from "../../src/dashboard/pages/prompts/editor/variable-values.ts";
import { numbersByVersion } from "../../src/dashboard/pages/prompts/version-numbers.ts";
import type { VariableSpec } from "../../src/domain/prompts/prompt.ts";

const promptOf = (name: string) => ({
  name,
  version: 1,
  content_hash: "h",
  tags: [],
  labels: [],
  created_at: "2026-11-01T00:00:00.000Z",
  updated_at: "2026-11-01T00:00:00.000Z",
});

describe("folders of prompts", () => {
  it("stand among the prompts by name, as names order a slash", () => {
    const page = { data: ["sup", "support-desk", "supportive"].map(promptOf), prefixes: ["a/", "support/"] };
    expect(entriesOf(page).map(({ key, prompt }) => [key, prompt !== null])).toEqual([
      ["a/", false],
      ["sup", true],
      ["support-desk", true],
      ["support/", false],
      ["supportive", true],
    ]);
    expect(entriesOf({ data: [promptOf("b")] })).toEqual([{ key: "b", prompt: promptOf("b") }]);
  });

  it("are named by the beginning of a search that ends with a slash", () => {
    expect(["", "sup", "support/", "support/tri"].map(folderOf)).toEqual(["", "", "support/", "support/"]);
  });

  it("lead from the outermost to a prompt", () => {
    expect(crumbsOf("a/b/c")).toEqual([
      { title: "a", prefix: "a/" },
      { title: "b", prefix: "a/b/" },
    ]);
  });

  it("keep one step of an address", () => {
    expect(promptHref("a/b", "diff", { from: 1, to: 2 })).toBe("/app/prompts/a%2Fb?tab=diff&from=1&to=2");
    expect(editorHref("a/b", 3)).toBe("/app/prompts/a%2Fb/edit?version=3");
  });
});

describe("the difference of two files", () => {
  const numbered = (lines: string[]) => `${lines.join("\n")}\n`;

  it("puts changed lines beside each other, with the numbers of both sides", () => {
    const rows = diffRows("a\nb\nc\n", "a\nB\nB2\nc\n");
    expect(rows).toEqual([
      { kind: "same", left: { number: 1, text: "a" }, right: { number: 1, text: "a" } },
      { kind: "changed", left: { number: 2, text: "b" }, right: { number: 2, text: "B" } },
      { kind: "changed", left: null, right: { number: 3, text: "B2" } },
      { kind: "same", left: { number: 3, text: "c" }, right: { number: 4, text: "c" } },
    ]);
    expect(countChanges(rows)).toEqual({ added: 2, removed: 1 });
  });

  it("gives lines that were only removed an empty other side", () => {
    expect(diffRows("a\nb\n", "b\n")[0]).toEqual({ kind: "changed", left: { number: 1, text: "a" }, right: null });
  });

  it("is found for 10,000 lines that all differ, and what is equal among them, within a second", () => {
    const lines = (word: string) =>
      Array.from({ length: 10_000 }, (_, at) => (at % 1_000 === 7 ? `same ${at}` : word + at));
    const startedAt = performance.now();
    const rows = diffRows(numbered(lines("a")), numbered(lines("b")));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(countChanges(rows)).toEqual({ added: 9_990, removed: 9_990 });
    expect(rows[7]).toEqual({
      kind: "same",
      left: { number: 8, text: "same 7" },
      right: { number: 8, text: "same 7" },
    });
  });

  it("keeps what is equal in long files of which one line has moved to the end", () => {
    const before = Array.from({ length: 4_000 }, (_, at) => (at % 2 === 0 ? `same ${at}` : `a${at}`));
    const after = [...before.slice(1), before[0] ?? ""].map((line) => line.replace(/^a/, "b"));
    const { added, removed } = countChanges(diffRows(numbered(before), numbered(after)));
    expect([added, removed]).toEqual([2_001, 2_001]);
  });

  it("loses no line where long files differ much", () => {
    const before = Array.from({ length: 4_000 }, (_, at) => `a${at % 1_500}`);
    const after = Array.from({ length: 3_000 }, (_, at) => (at % 3 === 0 ? `a${at}` : `b${at}`));
    const rows = diffRows(numbered(before), numbered(after));
    expect(rows.flatMap(({ left }) => (left ? [left.text] : []))).toEqual(before);
    expect(rows.flatMap(({ right }) => (right ? [right.text] : []))).toEqual(after);
    expect(rows.every(({ kind, left, right }) => kind === "changed" || left?.text === right?.text)).toBe(true);
  });

  it("is none for an end of line alone", () => {
    expect(countChanges(diffRows("a", "a\n"))).toEqual({ added: 0, removed: 0 });
  });

  it("folds equal lines away that are further than three from a change", () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at}`);
    const after = before.with(10, "changed");
    const blocks = foldRows(diffRows(numbered(before), numbered(after)));
    expect(blocks.map((block) => [block.folded, block.rows.length])).toEqual([
      [true, 7],
      [false, 7],
      [true, 6],
    ]);
  });

  it("shows a thousand rows at first, and folds what differs further down", () => {
    const lines = (word: string) => numbered(Array.from({ length: 1_500 }, (_, at) => `${word} ${at}`));
    const blocks = foldRows(diffRows(lines("a"), lines("b")));
    expect(blocks.map(({ folded, rows }) => [folded, rows.length])).toEqual([
      [false, 1_000],
      [true, 500],
    ]);
    expect(blocks[1]).toMatchObject({ lines: 500, isEqual: false });
  });
});

describe("what a label means", () => {
  it("is said with shares that add up, the greatest first", () => {
    const canary = {
      split: [
        { version: 3, weight: 1 },
        { version: 2, weight: 8 },
        { version: 3, weight: 1 },
      ],
    };
    expect(sharesOf(canary)).toEqual([
      { version: 2, share: 0.8 },
      { version: 3, share: 0.2 },
    ]);
    expect(meaningText(canary)).toBe("#2 80 % and #3 20 %");
    expect([meaningText({ version: 4 }), meaningText(null)]).toEqual(["#4", "nothing"]);
    expect(rowsOf(canary)).toEqual([
      { version: "2", weight: "80" },
      { version: "3", weight: "20" },
    ]);
  });

  it("is taken from rows, or the fault of the rows is said", () => {
    expect(splitOf([{ version: "2", weight: "95" }])).toEqual({ split: [{ version: 2, weight: 95 }] });
    const faults = [
      [],
      [{ version: "", weight: "1" }],
      [{ version: "1.5", weight: "1" }],
      [{ version: "1", weight: "0" }],
      [
        { version: "1", weight: "1" },
        { version: "1", weight: "2" },
      ],
    ].map((rows) => ("fault" in splitOf(rows) ? "fault" : "split"));
    expect(faults).toEqual(["fault", "fault", "fault", "fault", "fault"]);
  });
});

describe("the form of variables", () => {
  const spec = (type: VariableSpec["type"], more: Partial<VariableSpec> = {}) => ({ type, required: false, ...more });

  it("has the input that suits a type", () => {
    const types = ["string", "integer", "boolean", "list", "messages", "image"] as const;
    expect(types.map((type) => inputOf(spec(type)))).toEqual(["text", "number", "boolean", "json", "json", "address"]);
    expect(inputOf(spec("string", { options: ["a"] }))).toBe("choice");
  });

  it("gives values of the declared types, none for empty fields, and names what is not JSON", () => {
    const specs = {
      who: spec("string"),
      n: spec("integer"),
      loud: spec("boolean"),
      facts: spec("list"),
      photo: spec("image"),
      stored: spec("file"),
      left: spec("string", { default: "out" }),
      bad: spec("object"),
    };
    const texts = {
      who: "7",
      n: "7",
      loud: "false",
      facts: '["a"]',
      photo: "https://x.example/a.png",
      stored: '{"file_id": "f"}',
      left: "",
      bad: "{",
    };
    expect(variablesOf(specs, texts)).toEqual({
      variables: {
        who: "7",
        n: 7,
        loud: false,
        facts: ["a"],
        photo: "https://x.example/a.png",
        stored: { file_id: "f" },
      },
      faults: { bad: "is not JSON" },
    });
  });
});

describe("the numbers of versions", () => {
  it("come from usage, the last calls and feedback, of this prompt alone", () => {
    const usage = (prompt: string, version: number, executions: number) =>
      ({ prompt, version, executions, errors: 1, cost_usd: 0.5 }) as never;
    const call = (version: number, latency_ms: number, cached: false | "memory" = false) =>
      ({ status: "succeeded", prompt: { name: "p", version, label: null }, latency_ms, cached }) as never;
    const numbers = numbersByVersion("p", {
      usage: [usage("p", 1, 10), usage("other", 1, 99)],
      executions: [call(1, 100), call(1, 300), call(1, 1, "memory"), call(2, 50)],
      sla: [{ prompt: "p", satisfaction: [{ version: 2, ratings: 4, score: 0.75, low: 0, high: 1 }] } as never],
    });
    expect(Object.fromEntries(numbers)).toEqual({
      1: { executions: 10, errors: 1, cost_usd: 0.5, latency_ms: 200 },
      2: { latency_ms: 50, score: 0.75, ratings: 4 },
    });
  });
});
