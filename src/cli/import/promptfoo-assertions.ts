import { mappingOf } from "./imported-file.ts";

/** The assertions of a test in our form, and the types of those that have none. */
export interface TranslatedAssertions {
  assertions: Record<string, unknown>[];
  left: string[];
}

/** promptfoo's types that mean the same here. Those that begin with `i` do not mind the case. */
const SAME: Readonly<Record<string, string>> = {
  equals: "equals",
  contains: "contains",
  "contains-all": "contains_all",
  "contains-any": "contains_any",
  "starts-with": "starts_with",
  regex: "regex",
  "llm-rubric": "llm_rubric",
  "model-graded-closedqa": "llm_rubric",
  "g-eval": "llm_rubric",
  "is-refusal": "refusal",
};

/**
 * Translates promptfoo's assertions. What runs code (`javascript`, `python`), compares embeddings
 * (`similar`) or has no counterpart is left, for the caller to tell.
 */
export function assertionsOf(written: readonly unknown[]): TranslatedAssertions {
  const assertions: Record<string, unknown>[] = [];
  const left: string[] = [];
  for (const each of written) {
    const assertion = mappingOf(each);
    const translated = translate(assertion);
    if (translated === null) left.push(String(assertion["type"]));
    else assertions.push(translated);
  }
  return { assertions, left };
}

function translate({
  type: written,
  value,
  threshold,
  weight,
}: Record<string, unknown>): Record<string, unknown> | null {
  const [, not, name = ""] = /^(not-)?(.+)$/.exec(String(written)) ?? [];
  const rest = { ...(typeof weight === "number" && { weight }), ...(not !== undefined && { not: true }) };
  if (name === "cost" && typeof threshold === "number") return { type: "max_cost_usd", value: threshold, ...rest };
  if (name === "latency" && typeof threshold === "number") return { type: "max_latency_ms", value: threshold, ...rest };
  if (name === "is-json")
    return value === undefined
      ? { type: "is_json", ...rest }
      : { type: "json_schema", value: schemaIn(value), ...rest };
  const plain = name.startsWith("i") && Object.hasOwn(SAME, name.slice(1)) ? name.slice(1) : name;
  const type = Object.hasOwn(SAME, plain) ? SAME[plain] : undefined;
  if (type === undefined) return null;
  const isGraded = type === "llm_rubric" && typeof threshold === "number";
  return {
    type,
    ...(value !== undefined && { value }),
    ...(isGraded && { threshold }),
    ...(plain !== name && { ignore_case: true }),
    ...rest,
  };
}

function schemaIn(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
