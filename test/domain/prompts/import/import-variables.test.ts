import { describe, expect, it } from "vitest";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import { bindVariables } from "../../../../src/domain/prompts/variables.ts";
import type { ImportedPrompt } from "../../../../src/domain/prompts/prompt.ts";
import { faultsOf } from "../../template/support.ts";

const read = (template: string, rest: string): ImportedPrompt =>
  importPrompt(`model: gpt-4o\ntemplate: ${JSON.stringify(template)}\n${rest}`, "yaml", "p");
const faults = (rest: string): string[] =>
  faultsOf(() => read("Hi", rest)).map(({ path, message }) => `${path}: ${message}`);

describe("the variables of a prompt", () => {
  it.each([
    ["a list of names", "variables: [a, b]"],
    ["a map to types", "variables: {a: string, b: string}"],
    ["a map to specifications", "variables: {a: {type: string}, b: {}}"],
    ["a list of specifications", "variables: [{name: a, type: string}, {name: b}]"],
    ["a map to nothing", "variables: {a: , b: }"],
  ])("may be %s", (_what, source) => {
    const { definition, warnings } = read("{{ a }}{{ b }}", source);
    expect(definition.variables).toEqual({
      a: { type: "string", required: true },
      b: { type: "string", required: true },
    });
    expect(warnings).toEqual([]);
  });

  it("are required unless they have a default or are declared optional", () => {
    const { definition } = read(
      "{{ a }}{{ b }}{{ c | d('') }}",
      "variables: {a: {}, b: {default: x}, c: {required: false}}",
    );
    expect(Object.values(definition.variables).map(({ required }) => required)).toEqual([true, false, false]);
  });

  it("may use the type names of other languages, with a warning", () => {
    const types = { str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", array: "list" };
    for (const [written, type] of Object.entries(types)) {
      const { definition, warnings } = read("{{ a }}", `variables: {a: ${written}}`);
      expect(definition.variables["a"]?.type).toBe(type);
      expect(warnings).toHaveLength(written === "array" ? 0 : 1);
    }
  });

  it("include undeclared variables of the template, with a warning for each", () => {
    const { definition, warnings } = read("{{ a }}{{ b }}{% if c %}{{ c }}{% endif %}", "variables: [a, unused]");
    expect(definition.variables).toMatchObject({
      b: { type: "string", required: true },
      c: { type: "string", required: false },
    });
    expect(warnings).toEqual([
      "variables.unused is declared but not used.",
      "variables.b is used but not declared; it was taken for a required string.",
      "variables.c is used but not declared; it was taken for a string that may be left out.",
    ]);
  });

  it("cause a warning if one is optional but the template needs it", () => {
    expect(read("{{ a }}", "variables: {a: {required: false}}").warnings).toEqual([
      "variables.a may be left out, but the template uses it without a guard: that call will fail.",
    ]);
  });

  it.each([
    [
      "variables: {a: {type: blob}}",
      'variables.a.type: "blob" is not a type; use one of string, number, integer, boolean, list, array, object, image, file, audio, messages',
    ],
    ["variables: {a: {type: integer, default: x}}", "variables.a.default: must be an integer"],
    ["variables: {a: {type: integer, default: 9, max: 3}}", "variables.a.default: must be at most 3"],
    ["variables: {a: {default: z, options: [x, y]}}", 'variables.a.default: must be one of ["x","y"]'],
    ["variables: {a: {options: [1]}}", "variables.a.options.0: must be a string"],
    ["variables: {a: {options: []}}", "variables.a.options: must be a list with at least one value"],
    ["variables: {a: {min: 3, max: 1}}", "variables.a.min: must not be more than max"],
    ["variables: {a: {required: maybe}}", "variables.a.required: must be true or false"],
    ["variables: [a, a]", "variables.a: is declared twice"],
    ["variables: 3", "variables: must be a mapping of names, or a list"],
    ["variables: [3]", "variables.0: must be a name, or a mapping with a name"],
  ])("are faulty in %j", (source, fault) => {
    expect(faults(source)).toEqual([fault]);
  });

  it.each(["a-b", "1a", "a b", "f-ü", "true", "loop", "not", "__proto__", "constructor"])(
    "cannot be named %j",
    (name) => {
      expect(faults(`variables: [${JSON.stringify(name)}]`)[0]).toMatch(/is not a name that a template can use/);
    },
  );
});

describe("a variable", () => {
  it.each(["für", "名前", "call", "range", "filter", "set", "namespace"])("may be named %j", (name) => {
    const { definition, warnings } = read(`{{ ${name} }}`, `variables: {${name}: {}}`);
    expect(Object.keys(definition.variables)).toEqual([name]);
    expect(warnings).toEqual([]);
  });

  it("may be left out where its default is null", () => {
    const { definition, warnings } = read("{% if a is none %}x{% endif %}", "variables: {a: {default: null}}");
    expect(definition.variables).toEqual({ a: { type: "string", required: false, default: null } });
    expect(warnings).toEqual([]);
    expect(bindVariables(definition.variables, {})).toEqual({ a: null });
    expect(read("{{ a }}", "variables: {a: {default: null}}").warnings).toEqual([
      'variables.a has the default null, which prints as "None" where nothing guards it.',
    ]);
  });

  it("has the type of its default where it names none", () => {
    const { definition, warnings } = read(
      "{{ a }}{{ b }}{{ c }}",
      "variables: {a: {default: 120}, b: {default: [1]}, c: {default: x}}",
    );
    expect(Object.values(definition.variables).map(({ type }) => type)).toEqual(["number", "list", "string"]);
    expect(warnings).toEqual([
      'variables.a has no type; "number" was taken from its default.',
      'variables.b has no type; "list" was taken from its default.',
    ]);
  });

  it("has the shape that its uses show where it is not declared", () => {
    const source = "{% for r in rows %}{{ r.a }}{% endfor %}{{ user.name }}{{ text }}";
    const { definition } = importPrompt(`model: gpt-4o\ntemplate: ${JSON.stringify(source)}`, "yaml", "p");
    expect(Object.entries(definition.variables).map(([name, { type }]) => [name, type])).toEqual([
      ["rows", "list"],
      ["user", "object"],
      ["text", "string"],
    ]);
  });

  it("reads the booleans of YAML 1.1, with a warning", () => {
    const { definition, warnings } = read(
      "{% if a %}{{ b }}{% endif %}",
      "variables: {a: {type: boolean, default: yes}, b: {required: no}}",
    );
    expect(definition.variables).toEqual({
      a: { type: "boolean", required: false, default: true },
      b: { type: "string", required: false },
    });
    expect(warnings.slice(0, 2)).toEqual([
      'variables.a.default "yes" was read as true.',
      'variables.b.required "no" was read as false.',
    ]);
    expect(read("Hi", "settings: {cache_responses: on}").definition.settings).toEqual({ cache_responses: true });
  });
});

describe("the settings of a prompt", () => {
  it("are read from settings", () => {
    const source =
      "settings: {temperature: 0, max_tokens: 5, top_p: 1, stop: END, cache_responses: false, safety_level: high}";
    expect(read("Hi", source)).toMatchObject({
      definition: {
        settings: {
          temperature: 0,
          max_tokens: 5,
          top_p: 1,
          stop: ["END"],
          cache_responses: false,
          safety_level: "high",
        },
      },
      warnings: [],
    });
  });

  it.each(["model_config: {temperature: 1}", "model_settings: {temperature: 1}", "temperature: 1"])(
    "are read from %j, with a warning",
    (source) => {
      const { definition, warnings } = read("Hi", source);
      expect(definition.settings).toEqual({ temperature: 1 });
      expect(warnings).toHaveLength(1);
    },
  );

  it("prefer the newer place", () => {
    const { definition, warnings } = read(
      "Hi",
      "settings: {temperature: 0}\nmodel_config: {temperature: 1, model: other}\ntemperature: 2",
    );
    expect(definition).toMatchObject({ settings: { temperature: 0 }, models: ["gpt-4o", "other"] });
    expect(warnings).toContain("model_config.temperature was ignored: settings.temperature is given too.");
    expect(warnings).toContain("temperature was ignored: settings.temperature is given too.");
  });

  it("keep unknown settings in the metadata", () => {
    const { definition, warnings } = read("Hi", "settings: {magic: 7}");
    expect(definition.metadata).toEqual({ settings: { magic: 7 } });
    expect(warnings).toEqual(["settings.magic is not a known setting; it was kept in the metadata and has no effect."]);
  });

  it.each([
    ["settings: {temperature: 2.1}", "settings.temperature"],
    ["settings: {temperature: hot}", "settings.temperature"],
    ["model_config: {max_tokens: 0}", "model_config.max_tokens"],
    ["max_tokens: 1.5", "max_tokens"],
    ["settings: {top_p: 2}", "settings.top_p"],
    ["settings: {stop: [a, b, c, d, e]}", "settings.stop"],
    ["settings: {cache_responses: maybe}", "settings.cache_responses"],
    ["settings: 3", "settings"],
  ])("are faulty in %j", (source, path) => {
    expect(faultsOf(() => read("Hi", source)).map((fault) => fault.path)).toEqual([path]);
  });
});
