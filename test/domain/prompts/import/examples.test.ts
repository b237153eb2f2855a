import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import { parseTemplate } from "../../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../../src/domain/template/render-template.ts";
import { bindVariables } from "../../../../src/domain/prompts/variables.ts";

const folder = `${import.meta.dirname}/../../../../examples`;
const files = readdirSync(folder).filter((file) => file.endsWith(".prompt.yaml"));

describe("the example prompts", () => {
  it("are at least six", () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
  });

  it.each(files)("%s imports, and renders with the inputs of its tests", (file) => {
    const source = readFileSync(`${folder}/${file}`, "utf8");
    const name = basename(file, ".prompt.yaml");
    const { definition } = importPrompt(source, "yaml", name);
    for (const { inputs } of definition.tests) {
      const variables = bindVariables(definition.variables, inputs);
      for (const { content } of definition.messages)
        expect(renderTemplate(parseTemplate(content), variables)).not.toBe("");
    }
  });
});
