import { describe, expect, it } from "vitest";
import { rowsOfExport } from "../../src/dashboard/pages/operate/provider-export.ts";
import { groupsOf, withGroup } from "../../src/dashboard/pages/operate/usage-groups.ts";

describe("the groups of usage", () => {
  it("are those that the address names, in its order, without what is none", () => {
    expect(groupsOf("model,nonsense,prompt")).toEqual(["model", "prompt"]);
    expect(groupsOf("")).toEqual([]);
  });

  it("bring the prompt with the version, and lose the version with the prompt", () => {
    expect(withGroup(["model"], "version")).toEqual(["model", "prompt", "version"]);
    expect(withGroup(["prompt", "version"], "prompt")).toEqual([]);
    expect(withGroup(["prompt", "version"], "version")).toEqual(["prompt"]);
  });
});

describe("a provider's export", () => {
  const bucket = { start_time: 1, results: [] };

  it.each([
    ["a list", JSON.stringify([bucket, bucket])],
    ["one page", JSON.stringify({ data: [bucket, bucket], has_more: false })],
    ["pages one a line", `${JSON.stringify({ data: [bucket] })}\n${JSON.stringify({ data: [bucket] })}\n`],
  ])("is read as %s", (_, text) => {
    expect(rowsOfExport(text)).toEqual([bucket, bucket]);
  });

  it("is refused where it is no JSON, or has no rows", () => {
    expect(() => rowsOfExport("date,cost\n")).toThrow("not JSON");
    expect(() => rowsOfExport("[]")).toThrow("no rows");
    expect(() => rowsOfExport("[1]")).toThrow("no rows");
  });
});
