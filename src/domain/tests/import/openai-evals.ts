import { pathSteps, valueAt } from "../json-path.ts";
import type { Assertion } from "../assertion.ts";
import type { TestCase } from "../test-case.ts";
import {
  fillIn,
  firstCases,
  type ImportedTests,
  type ImportedText,
  isMap,
  LeftOuts,
  listOf,
  MAX_IMPORTED,
} from "./imported-tests.ts";

type Fields = Record<string, unknown>;

/** The vectors of OpenAI's cosine metric are made by this model. */
const EMBEDDING_MODEL = "openai/text-embedding-3-small";
const ANSWER = /^\{\{\s*sample\.output_text\s*\}\}$/;
const OPERATIONS: Record<string, Fields> = {
  eq: { type: "equals" },
  ne: { type: "equals", not: true },
  like: { type: "contains" },
  ilike: { type: "contains", ignore_case: true },
};

/** Whether a file is an eval of OpenAI. */
export function isOpenAIEval(data: Fields): boolean {
  return data["testing_criteria"] !== undefined;
}

/**
 * An eval of OpenAI in our terms: its graders as assertions of each item, which is a case whose
 * variables are the item's fields. `data_source` is that of one of its runs, or `items` its lines
 * of JSONL. What cannot be taken over is told by its place.
 */
export function importOpenAIEval(data: Fields): ImportedTests {
  const left = new LeftOuts();
  const { testing_criteria, data_source, items, name: _name, id: _id, object: _object, ...rest } = data;
  const { created_at: _at, metadata: _metadata, data_source_config: _schema, ...unknown } = rest;
  left.addRest(unknown, "", "has no counterpart");
  const source = isMap(data_source) ? data_source : {};
  const written = items ?? (isMap(source["source"]) ? source["source"]["content"] : undefined);
  if (!Array.isArray(written))
    left.add("items", "the items are not in the file: put its lines of JSONL there as a list");
  const list = listOf(written);
  const model = source["model"];
  return {
    format: "openai-evals",
    prompts: toPrompts(source["input_messages"], left),
    models: typeof model === "string" ? [`openai/${model}`] : [],
    tests: firstCases(allCases(list, listOf(testing_criteria), left), left),
    left_out: left.list,
  };
}

function* allCases(list: readonly unknown[], graders: unknown[], left: LeftOuts): Generator<TestCase> {
  for (const [at, each] of list.slice(0, MAX_IMPORTED + 1).entries()) yield* toCase(each, at, graders, left);
}

function toCase(line: unknown, at: number, graders: unknown[], left: LeftOuts): TestCase[] {
  const item = isMap(line) && isMap(line["item"]) ? line["item"] : line;
  if (!isMap(item)) {
    left.add(`items.${at}`, "is no mapping");
    return [];
  }
  const { name } = item;
  // A grader that cannot be taken over is told once; one that an item does not fit, with the item.
  const assertions = graders.flatMap((grader, of) => {
    const own = left.apart();
    const made =
      isMap(grader) && left.mayExamine("testing_criteria")
        ? toAssertion(grader, `testing_criteria.${of}`, item, own)
        : [];
    if (at === 0) for (const each of own.list) left.add(each.path, each.reason);
    else {
      const unfit = own.list.filter(({ path }) => path.endsWith(".reference"));
      for (const each of unfit) left.add(`items.${at}`, each.reason);
      left.addNew(
        `items.${at}`,
        own.list.filter((each) => !unfit.includes(each)),
      );
    }
    return made;
  });
  return [
    {
      name: typeof name === "string" && name !== "" ? name.slice(0, 200) : `item ${at + 1}`,
      variables: item,
      assertions: left.bounded(`items.${at}`, assertions),
      weight: 1,
    },
  ];
}

function toAssertion(grader: Fields, path: string, item: Fields, left: LeftOuts): Assertion[] {
  const { type } = grader;
  if (type === "string_check" || type === "text_similarity") return toComparison(grader, path, item, left);
  if (type === "label_model" || type === "score_model") return toRubric(grader, path, item, left);
  const why = type === "python" ? "code of yours is not run here: say it with other assertions" : "has no counterpart";
  const { name } = grader;
  left.add(path, `${String(type).slice(0, 100)}${typeof name === "string" ? ` (${name.slice(0, 100)})` : ""}: ${why}`);
  return [];
}

function toComparison(
  { type, input, reference, operation, evaluation_metric: metric, pass_threshold: threshold }: Fields,
  path: string,
  item: Fields,
  left: LeftOuts,
): Assertion[] {
  const value = typeof reference === "string" ? fillIn(reference, (name) => ofItem(name, item)) : undefined;
  if (typeof input !== "string" || !ANSWER.test(input.trim())) {
    left.add(`${path}.input`, "only the answer, {{ sample.output_text }}, can be compared");
    return [];
  }
  if (value === undefined) {
    left.add(`${path}.reference`, `${path}: the reference is a template of more than the item's fields`);
    return [];
  }
  if (type === "string_check") {
    const made =
      typeof operation === "string" && Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
    if (made) return left.valid(path, { ...made, value });
    left.add(`${path}.operation`, "is not eq, ne, like or ilike");
    return [];
  }
  if (metric === "cosine") {
    return left.valid(path, { type: "embedding_similarity", value, threshold, model: EMBEDDING_MODEL });
  }
  if (metric !== "fuzzy_match") {
    left.add(`${path}.evaluation_metric`, "is another measure than edit_similarity and token_overlap");
    return [];
  }
  return left.valid(path, { type: "edit_similarity", value, threshold });
}

/** A grader that asks a model is a rubric for the judge, who is told the grader's own messages. */
function toRubric(grader: Fields, path: string, item: Fields, left: LeftOuts): Assertion[] {
  const { input, type, labels, passing_labels, range, pass_threshold, name: _name, model: _model, ...rest } = grader;
  left.addRest(rest, path, "the deployment's judge is asked, with settings of its own");
  const texts = listOf(input).map((message) => {
    const content = isMap(message) ? message["content"] : undefined;
    const text = isMap(content) ? content["text"] : content;
    if (typeof text !== "string") return undefined;
    return fillIn(text, (name) => (name === "sample.output_text" ? "(the answer)" : ofItem(name, item)));
  });
  if (texts.length === 0 || texts.includes(undefined)) {
    left.add(`${path}.input`, "has parts that are no texts, or names more than the item's fields and the answer");
    return [];
  }
  const value = texts.join("\n\n");
  if (type === "label_model") {
    const verdict = `Of the labels ${JSON.stringify(labels)} choose the one that fits. It passes if that is one of ${JSON.stringify(passing_labels)}.`;
    return left.valid(path, { type: "llm_rubric", value: `${value}\n\n${verdict}` });
  }
  const [low, high] = listOf(range).length === 2 ? listOf(range) : [0, 1];
  const [from, to] = [Number(low), Number(high)];
  const least = typeof pass_threshold === "number" ? { threshold: (pass_threshold - from) / (to - from) } : {};
  const scale = `Where a score from ${from} to ${to} is asked for, give it as one from 0 to 1.`;
  return left.valid(path, {
    type: "llm_rubric",
    value: from === 0 && to === 1 ? value : `${value}\n\n${scale}`,
    ...least,
  });
}

/** The value of `item.x.y`. */
function ofItem(name: string, item: Fields): unknown {
  const [, path = ""] = /^item\.(.+)$/.exec(name) ?? [];
  return pathSteps(path) ? valueAt(item, path) : undefined;
}

/** The messages of a run's data source, whose `{{ item.x }}` are our `{{ x }}`. */
function toPrompts(input: unknown, left: LeftOuts): ImportedText[] {
  if (input === undefined) return [];
  const path = "data_source.input_messages";
  const messages = isMap(input) ? listOf(input["template"]) : [];
  const taken = messages.flatMap((message) => {
    const { role, content } = isMap(message) ? message : {};
    const text = isMap(content) ? content["text"] : content;
    if (typeof role !== "string" || typeof text !== "string") return [];
    return [{ role, content: text.replaceAll(/\{\{\s*item\.([\w.]+)\s*\}\}/g, "{{ $1 }}") }];
  });
  if (taken.length > 0 && taken.length === messages.length) return [{ name: "prompt-1", messages: taken }];
  left.add(path, "is no template of text messages");
  return [];
}
