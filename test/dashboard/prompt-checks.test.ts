import { describe, expect, it } from "vitest";
import { checkSource, renderSource } from "../../src/dashboard/pages/prompts/editor/check-source.ts";
import type { IncludedPrompts } from "../../src/domain/prompts/included-prompt.ts";

const check = (source: string, prompts: IncludedPrompts = new Map()) => checkSource("greeting", source, prompts);
const lines = (source: string) => check(source).faults.map(({ path, line }) => [path, line]);

describe("the checks of the editor", () => {
  it("find no fault in a file that the server takes, and tell what it would warn of", () => {
    const checked = check("name: greeting\nmodel: gpt-6-luna\ntemplate: Hello {{ who }}\nnonsense: 1\n");
    expect(checked.faults).toEqual([]);
    expect(Object.keys(checked.definition?.variables ?? {})).toEqual(["who"]);
    expect(checked.warnings.join()).toContain("nonsense is not a known key");
  });

  it("put a fault of a block of lines at its line in the file", () => {
    const source = "name: greeting\ntemplate: | # below\n  Hello\n  {{ who | nope }}\n";
    expect(lines(source)).toEqual([["template", 4]]);
  });

  it("put a fault of a text in quotes at the line of its key", () => {
    expect(lines('name: greeting\nmodel: gpt-6-luna\ntemplate: "Hello {{ who }"\n')).toEqual([["template", 3]]);
  });

  it("put faults of fields in lists and mappings at their lines", () => {
    const source = [
      "messages:",
      "  - role: user",
      "    content: hello",
      "  - role: bogus",
      "    content: x",
      "variables:",
      "  who: {type: strin}",
    ];
    expect(lines(source.join("\n"))).toEqual([
      ["messages.1.role", 4],
      ["variables.who.type", 7],
    ]);
  });

  it("put a fault of YAML at the line that it names", () => {
    expect(lines("name: greeting\ntemplate: hello\ndescription: a: b\n")).toEqual([["", 3]]);
  });

  it("name what a file includes, and render it with the text of the other", () => {
    const source = 'template: "{% include "legal/disclaimer" %} Hello {{ who }}"\n'
      .replaceAll('"l', "'l")
      .replaceAll('r"', "r'");
    expect(check(source).references).toEqual(["legal/disclaimer"]);
    expect(check(source).faults).toHaveLength(1);
    const disclaimer = { name: "legal/disclaimer", version: 3, text: "No advice.", variables: {}, includes: [] };
    const checked = check(source, new Map([["legal/disclaimer", disclaimer]]));
    expect(checked.faults).toEqual([]);
    const rendered = checked.definition && renderSource(checked.definition, { who: "Ada" });
    expect(rendered?.messages[0]?.content).toBe("No advice. Hello Ada");
  });

  it("render with defaults and estimate tokens, or name the variables that are missing", () => {
    const source =
      "template: Hello {{ who }} {{ n }}\nvariables: {who: {type: string, required: true}, n: {type: integer, default: 3}}\n";
    const { definition } = check(source);
    if (!definition) throw new Error("the file has faults");
    expect(renderSource(definition, {})).toEqual({
      messages: [],
      tokens: null,
      faults: [{ path: "variables.who", message: "is required" }],
    });
    const rendered = renderSource(definition, { who: "Ada" });
    expect(rendered.messages).toEqual([{ role: "user", content: "Hello Ada 3" }]);
    expect(rendered.tokens).toBeGreaterThan(0);
  });
});
