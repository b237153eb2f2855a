import * as z from "zod";
import { checkSchema } from "../json-schema/check-schema.ts";
import { compilePattern, MAX_PATTERN_LENGTH } from "../json-schema/pattern.ts";
import { pathSteps } from "./json-path.ts";

const longText = z.string().min(1).max(20_000);
const texts = z.array(z.string().min(1).max(1_000)).min(1).max(100);
const bound = z.number().min(0);
const schema = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  for (const { path, message } of checkSchema(value, [], "value")) {
    context.addIssue({ code: "custom", path: path.split(".").slice(1), message });
  }
});
const pattern = z.string().min(1).max(MAX_PATTERN_LENGTH).refine(isPattern, "must be a pattern without backtracking");
const toolCall = z.strictObject({
  name: z.string().min(1).max(64),
  arguments: z.record(z.string(), z.unknown()).optional(),
});
const nothing = z.unknown().refine((value) => value === undefined, "must be absent");
const given = z.unknown().refine((value) => value !== undefined, "is missing");

/** What an assertion may say of an answer, each with the form of its `value`. */
const VALUES = {
  equals: given,
  contains: longText,
  contains_all: texts,
  contains_any: texts,
  starts_with: longText,
  regex: pattern,
  is_json: nothing,
  json_schema: schema,
  json_path: given,
  keywords: texts,
  max_length: bound,
  min_length: bound,
  max_latency_ms: bound,
  max_cost_usd: bound,
  max_tokens: bound,
  tool_call: toolCall,
  refusal: nothing,
  edit_similarity: longText,
  token_overlap: longText,
  embedding_similarity: longText,
  llm_rubric: longText,
};

/** The call that an assertion expects. */
export type ExpectedCall = z.infer<typeof toolCall>;

/** The kinds of assertions. */
export type AssertionType = keyof typeof VALUES;

/** The names of all kinds of assertions. */
export const ASSERTION_TYPES = Object.keys(VALUES) as [AssertionType, ...AssertionType[]];

/** The most assertions of a case. */
export const MAX_ASSERTIONS = 20;

/**
 * One thing that a test says of an answer. `threshold` is the least score of one that is graded:
 * keywords, similarities and rubrics.
 */
export type Assertion = {
  [Type in AssertionType]: {
    type: Type;
    value: z.infer<(typeof VALUES)[Type]>;
    path?: string;
    model?: string;
    ignore_case?: boolean;
    threshold?: number;
    weight?: number;
    not?: boolean;
  };
}[AssertionType];

/** An assertion as the API and prompt files write it. */
export const assertionSchema = z
  .strictObject({
    type: z.enum(ASSERTION_TYPES).describe("What is checked"),
    value: z.unknown().optional().describe("What is expected, in the form that the type asks"),
    path: z.string().min(1).max(256).optional().describe("For json_path: where the value is, such as items[0].name"),
    model: z.string().min(1).max(128).optional().describe("For embedding_similarity: the model that makes the vectors"),
    ignore_case: z.boolean().optional().describe("Whether upper and lower case are the same"),
    threshold: z.number().min(0).max(1).optional().describe("The least score of a graded assertion"),
    weight: z.number().min(0).max(1_000).optional().describe("Its share in the score, 1 by default; 0 only reports"),
    not: z.boolean().optional().describe("Whether the opposite is expected"),
  })
  .superRefine(({ type, value, path, model }, context) => {
    const parsed = VALUES[type].safeParse(value);
    for (const issue of parsed.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: ["value", ...issue.path], message: issue.message });
    }
    if ((type === "embedding_similarity") !== (model !== undefined)) {
      context.addIssue({ code: "custom", path: ["model"], message: "belongs to embedding_similarity, which needs it" });
    }
    if ((type === "json_path") !== (path !== undefined)) {
      context.addIssue({ code: "custom", path: ["path"], message: "belongs to json_path, which needs it" });
    } else if (path !== undefined && !pathSteps(path)) {
      context.addIssue({ code: "custom", path: ["path"], message: "must be names and indexes, such as items[0].name" });
    }
  })
  .transform((written) => written as Assertion);

function isPattern(text: string): boolean {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}
