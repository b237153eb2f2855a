import { describe, expect, it } from "vitest";
import { diffPrompts } from "../../../src/domain/prompts/diff-prompts.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";

function read(file: object) {
  return importPrompt(JSON.stringify({ model: "gpt-4o-mini", template: "x", ...file }), "yaml", "p").definition;
}
const withVariable = (spec: object | null) => read({ variables: spec === null ? {} : { a: spec } });

describe("two versions of a prompt", () => {
  it("differ at each value that is another, new or gone", () => {
    const from = read({ settings: { temperature: 0, seed: 1 }, tags: ["a", "b"], metadata: { gone: null } });
    const to = read({ settings: { temperature: 1, top_p: 1 }, tags: ["a", "c", "d"], template: "y" });
    expect(diffPrompts(from, to).changes).toEqual([
      { path: "messages.0.content", from: "x", to: "y" },
      { path: "settings.temperature", from: 0, to: 1 },
      { path: "settings.seed", from: 1 },
      { path: "settings.top_p", to: 1 },
      { path: "tags.1", from: "b", to: "c" },
      { path: "tags.2", to: "d" },
      { path: "metadata.gone", from: null },
    ]);
  });

  it("have no changes where they mean the same", () => {
    expect(diffPrompts(read({}), read({}))).toEqual({
      changes: [],
      variables: { added: [], removed: [], retyped: [] },
      compatible: true,
    });
  });

  it("name the variables that came, went and changed their type", () => {
    const from = read({ variables: { a: "string", b: "integer", c: "list" } });
    const to = read({ variables: { b: "number", c: "object", d: { type: "string", required: false } } });
    expect(diffPrompts(from, to)).toMatchObject({
      variables: {
        added: ["d"],
        removed: ["a"],
        retyped: [
          { name: "b", from: "integer", to: "number" },
          { name: "c", from: "list", to: "object" },
        ],
      },
      compatible: false,
    });
  });

  it.each([
    ["a new one that is required", null, { type: "string", required: true }, false],
    ["a new one that may be left out", null, { type: "string", required: false }, true],
    ["a new one with a default", null, { type: "string", default: "x" }, true],
    ["one that is gone", { type: "string" }, null, true],
    ["one that is required now", { type: "string", required: false }, { type: "string", required: true }, false],
    ["one that is required no more", { type: "string", required: true }, { type: "string", required: false }, true],
    ["a wider number", { type: "integer" }, { type: "number" }, true],
    ["a narrower number", { type: "number" }, { type: "integer" }, false],
    ["more options", { type: "string", options: ["x"] }, { type: "string", options: ["y", "x"] }, true],
    ["fewer options", { type: "string", options: ["x", "y"] }, { type: "string", options: ["y"] }, false],
    ["options where there were none", { type: "string" }, { type: "string", options: ["y"] }, false],
    ["wider bounds", { type: "string", min: 2, max: 3 }, { type: "string", min: 1 }, true],
    ["narrower bounds", { type: "string" }, { type: "string", max: 9 }, false],
  ])("with %s", (_what, from, to, compatible) => {
    expect(diffPrompts(withVariable(from), withVariable(to)).compatible).toBe(compatible);
  });
});
