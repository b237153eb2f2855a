import type { ResponsePrompt } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import { readStoredPrompt } from "../../../../src/domain/doors/responses/read-stored-prompt.ts";
import { variableFault } from "../../../../src/domain/prompts/variables.ts";
import { faultsOf, PDF, PNG } from "./bodies.ts";

describe("a stored prompt of OpenAI", () => {
  it.each([{}, { prompt: null }])("is none in %j", (body) => {
    expect(readStoredPrompt(body)).toBeUndefined();
  });

  it("has an id alone, or a version and variables", () => {
    expect(readStoredPrompt({ prompt: { id: "pmpt_1" } })).toEqual({ id: "pmpt_1", variables: {} });
    const prompt = { id: "pmpt_1", version: "2", variables: null } satisfies ResponsePrompt;
    expect(readStoredPrompt({ prompt })).toEqual({ id: "pmpt_1", version: "2", variables: {} });
  });

  it("has texts, pictures and files as our variables take them", () => {
    const variables = {
      name: "Ada",
      note: { type: "input_text", text: "Hi" },
      photo: { type: "input_image", image_url: "https://cdn.test/a.png", detail: "auto" },
      inline: { type: "input_image", image_url: PNG, detail: "high" },
      kept: { type: "input_image", file_id: "file-1", detail: "low" },
      report: { type: "input_file", file_data: PDF, filename: "a.pdf" },
      linked: { type: "input_file", file_url: "https://cdn.test/a.pdf" },
      stored: { type: "input_file", file_id: "file-2" },
    } satisfies ResponsePrompt["variables"];
    const read = readStoredPrompt({ prompt: { id: "pmpt_1", variables } })?.variables ?? {};
    expect(read).toEqual({
      name: "Ada",
      note: "Hi",
      photo: { url: "https://cdn.test/a.png" },
      inline: { data: "iVBORw0KGgo=", media_type: "image/png", detail: "high" },
      kept: { file_id: "file-1", detail: "low" },
      report: { data: "JVBERi0=", media_type: "application/pdf", filename: "a.pdf" },
      linked: { url: "https://cdn.test/a.pdf" },
      stored: { file_id: "file-2" },
    });
    const types = {
      photo: "image",
      inline: "image",
      kept: "image",
      report: "file",
      linked: "file",
      stored: "file",
    } as const;
    for (const [name, type] of Object.entries(types)) {
      expect(variableFault({ type, required: true }, read[name])).toBeUndefined();
    }
  });

  it.each([
    ["no object", "pmpt_1", ["prompt"]],
    ["no id", { version: "1" }, ["prompt.id"]],
    ["an empty id", { id: "" }, ["prompt.id"]],
    ["a version that is no text", { id: "p", version: 2 }, ["prompt.version"]],
    ["a member of tomorrow", { id: "p", label: "x" }, ["prompt.label"]],
    ["variables in a list", { id: "p", variables: [] }, ["prompt.variables"]],
    ["a number", { id: "p", variables: { n: 4 } }, ["prompt.variables.n"]],
    ["a recording", { id: "p", variables: { a: { type: "input_audio" } } }, ["prompt.variables.a.type"]],
    [
      "what an answer has",
      { id: "p", variables: { a: { type: "output_text", text: "x" } } },
      ["prompt.variables.a.type"],
    ],
    ["no text", { id: "p", variables: { a: { type: "input_text" } } }, ["prompt.variables.a.text"]],
    ["no picture", { id: "p", variables: { a: { type: "input_image" } } }, ["prompt.variables.a"]],
    [
      "a picture that is none",
      { id: "p", variables: { a: { type: "input_image", image_url: "a.png" }, b: 1 } },
      ["prompt.variables.b", "prompt.variables.a.image_url"],
    ],
    [
      "a breakpoint",
      { id: "p", variables: { a: { type: "input_text", text: "x", prompt_cache_breakpoint: { mode: "explicit" } } } },
      ["prompt.variables.a.prompt_cache_breakpoint"],
    ],
  ])("is refused with %s, by the exact path", (_case, prompt, paths) => {
    expect(faultsOf(() => readStoredPrompt({ prompt })).map(({ path }) => path)).toEqual(paths);
  });
});
