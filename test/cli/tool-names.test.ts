import { describe, expect, it } from "vitest";
import { toolNamesOf } from "../../src/cli/mcp/stored-prompts.ts";

describe("the names of prompts as tools", () => {
  it("are theirs, with _ for what a model does not take", () => {
    expect(toolNamesOf(["greet", "support/answer.v2"])).toEqual(["greet", "support_answer_v2"]);
  });

  it("tell prompts apart that would have the same, in whatever order and beside whatever others", () => {
    const [folder = "", flat = ""] = toolNamesOf(["a/b", "a_b"]);
    expect([folder, flat]).toEqual([
      expect.stringMatching(/^a_b_[0-9a-f]{8}$/),
      expect.stringMatching(/^a_b_[0-9a-f]{8}$/),
    ]);
    expect(folder).not.toBe(flat);
    expect(toolNamesOf(["a.b", "a_b", "c", "a/b"]).slice(1)).toEqual([flat, "c", folder]);
  });

  it("have 64 characters at most, also where long ones begin alike", () => {
    const long = "x".repeat(70);
    const names = toolNamesOf([`${long}1`, `${long}2`]);
    expect(names.map(({ length }) => length)).toEqual([64, 64]);
    expect(new Set(names).size).toBe(2);
  });
});
