import { describe, expect, it } from "vitest";
import { readChain } from "../../../src/domain/chains/read-chain.ts";
import { AppError } from "../../../src/domain/errors.ts";

const GOOD = `
name: support/answer
description: Triage, then an answer
inputs:
  ticket: {type: string, required: true}
  languages: {type: list, default: [de, fr]}
steps:
  - id: triage
    prompt: support/triage
    label: production
    variables: {body: "{{ inputs.ticket }}"}
  - id: answer
    prompt: support/answer
    version: 3
    when: steps.triage.output_json.urgent
    retries: 2
    variables:
      text: |
        {{ inputs.ticket }}
      team: "for {{ steps.triage.output }}"
      more: {depth: [1, "{{ steps['triage'].status }}"]}
  - id: translations
    prompt: translate
    for_each: "{{ inputs.languages }}"
    variables: {text: "{{ steps.answer.output }}", to: "{{ item }}", at: "{{ index }}"}
`;

/** The faults of a chain, as `path: message`. */
function faultsOf(steps: unknown, more: object = {}): string[] {
  try {
    readChain(JSON.stringify({ steps, ...more }), "json", "c");
  } catch (error) {
    if (error instanceof AppError) return (error.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const step = (id: string, more: object = {}) => ({ id, prompt: "p", ...more });
const reading = (text: string) => ({ variables: { x: text } });

describe("readChain", () => {
  it("reads steps with what they need, in the order of the file", () => {
    const { definition, warnings } = readChain(GOOD, "yaml", "support/answer");
    expect(definition.steps.map(({ id, needs, retries }) => [id, needs, retries])).toEqual([
      ["triage", [], 0],
      ["answer", ["triage"], 2],
      ["translations", ["answer"], 0],
    ]);
    expect(definition.inputs["languages"]).toEqual({ type: "list", required: false, default: ["de", "fr"] });
    expect(warnings).toEqual([]);
  });

  it("tells of fields that it does not know, and refuses those of a step", () => {
    expect(readChain(`{"steps": [{"id": "a", "prompt": "p"}], "stages": 1}`, "json", "c").warnings).toEqual([
      "stages is not known and was ignored.",
    ]);
    expect(faultsOf([step("a", { retry: 3 })])).toEqual(['steps.0.retry: Unrecognized key: "retry"']);
  });

  it.each([
    ["{{ steps.b.output }}", "steps.0.variables.x: reads steps.b, but no step has this id"],
    ["{{ steps.a.output }}", "steps.0.variables.x: reads steps.a, which is this step itself"],
    ["{{ inputs.who }}", "steps.0.variables.x: reads inputs.who, which is not declared"],
    ["{{ who }}", 'steps.0.variables.x: reads "who"; a template of this step can read inputs.<name>, steps.<id>'],
    ["{{ item }}", 'steps.0.variables.x: reads "item"; a template of this step can read inputs.<name>, steps.<id>'],
    ["{{ steps[inputs.y] }}", "steps.0.variables.x: must name the step that it reads, such as steps.first.output"],
    ["{{ nothing() }}", 'steps.0.variables.x: calls "nothing", which does not exist'],
  ])("names the field of a reference to what is not there: %s", (text, fault) => {
    expect(faultsOf([step("a", reading(text))], { inputs: ["y"] })).toContain(fault);
  });

  it("names the field of a step that another one does not have", () => {
    expect(faultsOf([step("a"), step("b", { when: "steps.a.text == 'x'" })])).toEqual([
      "steps.1.when: reads steps.a.text; a step has status, output, output_json, tool_calls",
    ]);
  });

  it("lets a loop in a template use names of its own", () => {
    const text = "{% for item in steps.a.output %}{{ item.x }}{% endfor %}";
    expect(faultsOf([step("a"), step("b", reading(text))])).toEqual([]);
  });

  it("says which steps wait for each other", () => {
    const steps = [
      step("free"),
      step("a", reading("{{ steps.c.output }}")),
      step("b", reading("{{ steps.a.output }}")),
      step("c", reading("{{ steps.b.output }}")),
    ];
    expect(faultsOf(steps)).toEqual(["steps.1: is part of a cycle: a reads c reads b reads a"]);
  });

  it("refuses what else makes no chain, each fault at its field", () => {
    expect(faultsOf([])).toEqual(["steps: must have at least one step"]);
    expect(faultsOf([step("a"), step("a")])).toEqual(['steps.1.id: "a" is the id of an earlier step']);
    expect(faultsOf([step("A")])[0]).toContain("steps.0.id: must match");
    expect(faultsOf([step("a", { version: 1, label: "x" })])[0]).toContain("steps.0.label: give either");
    expect(faultsOf([step("a", { retries: 9 })])[0]).toContain("steps.0.retries");
    expect(faultsOf([step("a", { for_each: 3 })])[0]).toContain("steps.0.for_each: must be a template, or a list");
    expect(faultsOf([step("a", reading("{{ inputs."))])[0]).toContain("steps.0.variables.x: ");
    expect(faultsOf([step("a")], { inputs: { x: { type: "colour" } } })[0]).toContain("inputs.x.type");
    expect(faultsOf([step("a")], { name: "other" })).toEqual(["name: must be the name in the path, c"]);
    expect(() => readChain("[1]", "json", "c")).toThrow("a chain is a mapping");
  });
});
