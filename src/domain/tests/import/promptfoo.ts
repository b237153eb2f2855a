import type { TestCase } from "../test-case.ts";
import {
  firstCases,
  type ImportedTests,
  type ImportedText,
  isMap,
  LeftOuts,
  listOf,
  MAX_IMPORTED,
} from "./imported-tests.ts";
import { toAssertions } from "./promptfoo-assert.ts";
import { toModel } from "./provider-model.ts";

type Fields = Record<string, unknown>;

/** Whether a file is a configuration of promptfoo. */
export function isPromptfoo(data: Fields): boolean {
  return ["providers", "targets", "defaultTest"].some((name) => data[name] !== undefined) || "prompts" in data;
}

/**
 * A configuration of promptfoo in our terms: its prompts, its providers as models, and its tests,
 * each with the assertions of `defaultTest` before its own, once for each combination of listed
 * values. What cannot be taken over is told by its place.
 */
export function importPromptfoo(data: Fields): ImportedTests {
  const left = new LeftOuts();
  const { prompts, providers, targets = providers, defaultTest, tests, evaluateOptions, description, ...rest } = data;
  if (description !== undefined) left.add("description", "a run has none");
  left.addRest(rest, "", "has no counterpart");
  const models = listOf(targets).map((each, at) =>
    toModel(each, `${targets === providers ? "providers" : "targets"}.${at}`, left),
  );
  const base = isMap(defaultTest) ? defaultTest : {};
  if (defaultTest !== undefined && !isMap(defaultTest)) left.add("defaultTest", "files are not read");
  const { repeat, maxConcurrency, ...options } = isMap(evaluateOptions) ? evaluateOptions : {};
  left.addRest(options, "evaluateOptions", "has no counterpart");
  return {
    format: "promptfoo",
    prompts: listOf(prompts).flatMap((each, at) => toText(each, at, left)),
    models: [...new Set(models.filter((model) => model !== undefined))],
    tests: firstCases(allCases(listOf(tests), base, left), left),
    ...(typeof repeat === "number" && { repeat }),
    ...(typeof maxConcurrency === "number" && { concurrency: maxConcurrency }),
    left_out: left.list,
  };
}

function* allCases(tests: readonly unknown[], base: Fields, left: LeftOuts): Generator<TestCase> {
  for (const [at, each] of tests.slice(0, MAX_IMPORTED + 1).entries()) yield* toCases(each, at, base, left);
}

function toText(prompt: unknown, at: number, left: LeftOuts): ImportedText[] {
  const path = `prompts.${at}`;
  const fields: Fields = isMap(prompt) ? prompt : { raw: prompt };
  const { raw, label, id = label, ...rest } = fields;
  const name = typeof id === "string" && /^[\w./-]{1,100}$/.test(id) && !id.includes("://") ? id : `prompt-${at + 1}`;
  if (typeof raw !== "string" || /^(?:file:\/\/|exec:)|\.(?:txt|json|ya?ml|js|ts|py|md|csv)$/.test(raw)) {
    left.add(path, "files and functions are not read: put the text itself there");
    return [];
  }
  left.addRest(rest, path, "has no counterpart");
  const messages = messagesIn(raw);
  return [messages ? { name, messages } : { name, template: raw }];
}

/** promptfoo takes a text that is a JSON list of messages for these. */
function messagesIn(raw: string): ImportedText["messages"] {
  if (!raw.trimStart().startsWith("[")) return undefined;
  try {
    const list = listOf(JSON.parse(raw));
    const messages = list.flatMap((each) =>
      isMap(each) && typeof each["role"] === "string" && typeof each["content"] === "string"
        ? [{ role: each["role"], content: each["content"] }]
        : [],
    );
    return messages.length === list.length && list.length > 0 ? messages : undefined;
  } catch {
    return undefined;
  }
}

function* toCases(test: unknown, at: number, base: Fields, left: LeftOuts): Generator<TestCase> {
  const path = `tests.${at}`;
  if (!isMap(test)) return left.add(path, "files and generators of tests are not read: put the tests themselves there");
  const { vars: common, assert: before, threshold: least, options: ofAll, ...others } = base;
  const { vars, assert, threshold = least, options, description, ...rest } = test;
  left.addRest(rest, path, "has no counterpart");
  if (isMap(options)) left.addRest(options, `${path}.options`, "has no counterpart");
  if (at === 0) left.addRest(others, "defaultTest", "has no counterpart");
  if (at === 0 && isMap(ofAll)) left.addRest(ofAll, "defaultTest.options", "has no counterpart");
  const variables = { ...(isMap(common) ? common : {}), ...(isMap(vars) ? vars : {}) };
  const fault = faultOf(vars, variables);
  if (fault !== undefined) return left.add(`${path}.vars`, `${fault}; the whole test is left out`);
  const name = typeof description === "string" && description !== "" ? description.slice(0, 190) : `test ${at + 1}`;
  const isScore = typeof threshold === "number" && threshold >= 0 && threshold <= 1;
  if (threshold !== undefined && !isScore) left.add(`${path}.threshold`, "is no score from 0 to 1");
  const asserts = [
    { list: before, path: "defaultTest.assert", isTold: at === 0 },
    { list: assert, path: `${path}.assert`, isTold: true },
  ];
  const combined = combinations(variables);
  for (const [of, each] of combined.entries()) {
    const assertions = asserts.flatMap(({ list, path: where, isTold }) => {
      if (isTold && of === 0) return toAssertions(list, where, each, left);
      // What the values of another test or combination do not fit is told of these.
      const own = left.apart();
      const made = toAssertions(list, where, each, own);
      left.addNew(path, own.list);
      return made;
    });
    yield {
      name: combined.length === 1 ? name : `${name} (${of + 1})`,
      variables: each,
      assertions: left.bounded(`${path}.assert`, assertions),
      weight: 1,
      ...(isScore && { threshold }),
    };
  }
  return undefined;
}

function faultOf(vars: unknown, variables: Fields): string | undefined {
  if (vars !== undefined && !isMap(vars)) return "files of variables are not read";
  const count = Object.values(variables).reduce((product: number, value) => product * valuesOf(value).length, 1);
  if (count > MAX_IMPORTED) return `there are more than ${MAX_IMPORTED} combinations of values`;
  const file = Object.entries(variables).find(([, value]) => listOf(value).some(isFile));
  return file && `the file of ${file[0]} is not read`;
}

function isFile(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("file://");
}

/** Lists stand for one test for each of their values, and several lists for each combination. */
function combinations(variables: Fields): Fields[] {
  const single = Object.entries(variables).map(([name, value]) => [name, valuesOf(value)[0]] as const);
  let combined: Fields[] = [Object.fromEntries(single)];
  for (const [name, value] of Object.entries(variables)) {
    if (valuesOf(value).length > 1)
      combined = combined.flatMap((each) => valuesOf(value).map((one) => ({ ...each, [name]: one })));
  }
  return combined;
}

function valuesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 ? (value as unknown[]) : [value];
}
