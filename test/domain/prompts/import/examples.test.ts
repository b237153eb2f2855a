import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { textOfMessage } from "../../../../src/domain/completions/message.ts";
import { renderPrompt } from "../../../../src/domain/prompts/render-prompt.ts";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";

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
      for (const message of renderPrompt(definition, inputs)) expect(textOfMessage(message)).not.toBe("");
    }
  });
});
