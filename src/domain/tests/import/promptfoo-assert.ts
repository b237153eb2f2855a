import type { Assertion } from "../assertion.ts";
import { fillIn, isMap, type LeftOuts, listOf } from "./imported-tests.ts";
import { toModel } from "./provider-model.ts";

/** An assertion of promptfoo, without `not-`, whose value has the case's variables in place. */
interface Asserted {
  value: unknown;
  threshold: number | undefined;
  model: string | undefined;
}

/** The threshold and the model of promptfoo's `similar` where it names none. */
const SIMILAR = { threshold: 0.75, model: "openai/text-embedding-3-large" };

const texts = ({ value }: Asserted) =>
  typeof value === "string" ? value.split(",").map((text) => text.trim()) : value;
const ignoringCase = (type: string, valueOf: (asserted: Asserted) => unknown = ({ value }) => value) => ({
  [type]: (asserted: Asserted) => ({
    type: type.replace("i", "").replaceAll("-", "_"),
    value: valueOf(asserted),
    ignore_case: true,
  }),
});
const rubric = ({ value, threshold }: Asserted) => ({ type: "llm_rubric", value, threshold });

/** What each type of promptfoo is in our terms. Source: promptfoo.dev, assertions and metrics. */
const TYPES: Record<string, (asserted: Asserted) => Record<string, unknown>> = {
  equals: ({ value }) => ({ type: "equals", value }),
  contains: ({ value }) => ({ type: "contains", value }),
  "contains-all": (asserted) => ({ type: "contains_all", value: texts(asserted) }),
  "contains-any": (asserted) => ({ type: "contains_any", value: texts(asserted) }),
  ...ignoringCase("icontains"),
  ...ignoringCase("icontains-all", texts),
  ...ignoringCase("icontains-any", texts),
  "starts-with": ({ value }) => ({ type: "starts_with", value }),
  regex: ({ value }) => ({ type: "regex", value }),
  "is-json": ({ value }) => (value === undefined ? { type: "is_json" } : { type: "json_schema", value }),
  similar: ({ value, threshold = SIMILAR.threshold, model = SIMILAR.model }) => ({
    type: "embedding_similarity",
    value,
    threshold,
    model,
  }),
  latency: ({ threshold }) => ({ type: "max_latency_ms", value: threshold }),
  cost: ({ threshold }) => ({ type: "max_cost_usd", value: threshold }),
  "is-refusal": () => ({ type: "refusal" }),
  "llm-rubric": rubric,
  "model-graded-closedqa": rubric,
  "g-eval": ({ value, threshold = 0.7 }) => rubric({ value, threshold, model: undefined }),
};

/** Why the types that are known and not taken over are not. */
const REASONS: [RegExp, string][] = [
  [/^(?:javascript|python|ruby|webhook)$/, "code of yours is not run here: say it with other assertions"],
  [
    /^contains-(?:json|html|xml|sql)$|^is-(?:html|xml|sql)$/,
    "only a whole answer of JSON can be checked: is_json, json_path",
  ],
  [
    /^(?:levenshtein|rouge-n|bleu|gleu|meteor)$/,
    "another measure than edit_similarity and token_overlap, which count in [0, 1]",
  ],
  [/tool|function-call/, "tool_call compares a call by its name and arguments: write that"],
  [/^(?:select-best|max-score|human)$/, "it compares answers with each other, or asks a person"],
];

/** promptfoo's assertions in our terms, each with the case's variables in place. */
export function toAssertions(
  asserts: unknown,
  path: string,
  variables: Record<string, unknown>,
  left: LeftOuts,
): Assertion[] {
  return listOf(asserts).flatMap((each, at) => {
    const here = `${path}.${at}`;
    if (!left.mayExamine(here)) return [];
    if (isMap(each)) return toAssertion(each, here, variables, left);
    left.add(here, typeof each === "string" && each.startsWith("file://") ? "files are not read" : "is no assertion");
    return [];
  });
}

function toAssertion(
  { type: written, value, threshold, weight, provider, metric, ...rest }: Record<string, unknown>,
  path: string,
  variables: Record<string, unknown>,
  left: LeftOuts,
): Assertion[] {
  const type = String(written).replace(/^not-/, "");
  if (type === "assert-set" && threshold === undefined && weight === undefined) {
    return toAssertions(rest["assert"], `${path}.assert`, variables, left);
  }
  const make = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  const reason = make ? faultOf(type, value, rest) : reasonOf(type);
  const filled = reason === undefined ? filledIn(value, variables) : { fault: reason };
  if (!make || "fault" in filled) {
    left.add(path, `${String(written).slice(0, 100)}: ${"fault" in filled ? filled.fault : ""}`);
    return [];
  }
  if (metric !== undefined) left.add(`${path}.metric`, "metrics are not named");
  const model = provider === undefined || type !== "similar" ? undefined : toModel(provider, `${path}.provider`, left);
  if (provider !== undefined && type !== "similar") left.add(`${path}.provider`, "the deployment's judge is asked");
  const least = typeof threshold === "number" ? threshold : undefined;
  const { type: ours, ...said } = make({ value: filled.value, threshold: least, model });
  const given = Object.fromEntries(Object.entries(said).filter(([, each]) => each !== undefined));
  const more = { ...(weight !== undefined && { weight }), ...(String(written) !== type && { not: true }) };
  return left.valid(path, { type: ours, ...given, ...more });
}

/** Fields that change what is compared, so that without them it would be another assertion. */
const CHANGING = ["transform", "contextTransform", "rubricPrompt", "$ref", "config"];

function faultOf(type: string, value: unknown, rest: Record<string, unknown>): string | undefined {
  const field = CHANGING.find((name) => rest[name] !== undefined);
  if (field !== undefined) return `${field} has no counterpart, and it would be another assertion without it`;
  if (typeof value === "string" && value.startsWith("file://")) return "files are not read: put the value itself there";
  return type === "is-json" && typeof value === "string" ? "the schema must be a mapping" : undefined;
}

function reasonOf(type: string): string {
  return REASONS.find(([pattern]) => pattern.test(type))?.[1] ?? "has no counterpart";
}

/** promptfoo fills in the variables of a case in the values of its assertions, too. */
function filledIn(value: unknown, variables: Record<string, unknown>): { value: unknown } | { fault: string } {
  if (typeof value === "string") {
    const text = fillIn(value, (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined));
    return text === undefined
      ? { fault: "the value is too long, or a template of more than the case's plain variables" }
      : { value: text };
  }
  if (!Array.isArray(value)) return { value };
  const each = value.map((item: unknown) => filledIn(item, variables));
  return each.find((item) => "fault" in item) ?? { value: each.map((item) => ("value" in item ? item.value : "")) };
}
