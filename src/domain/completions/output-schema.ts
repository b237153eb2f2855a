import type { FieldError } from "../errors.ts";
import { MAX_DEPTH } from "../json-schema/check-schema.ts";
import type { JsonSchema } from "../json-schema/schema.ts";
import { TooManySteps, validate } from "../json-schema/validate.ts";

/** The longest answer that is validated, in UTF-16 units. */
export const MAX_OUTPUT_LENGTH = 1024 * 1024;

/** The result of {@link validateOutput}. */
type OutputResult = { ok: true; value: unknown } | { ok: false; errors: readonly FieldError[] };

/**
 * Parses a model's answer as JSON, without a Markdown code fence around it, and validates it
 * against the schema. The `path` of an error is dotted and begins with `output`. Never throws: a
 * schema that cannot be applied is reported as an error at `output_schema`.
 */
export function validateOutput(schema: JsonSchema, text: string): OutputResult {
  if (text.length > MAX_OUTPUT_LENGTH) return fault("output", `is longer than ${MAX_OUTPUT_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(unfence(text));
  } catch {
    return fault("output", "is not JSON");
  }
  if (deeperThan(value, MAX_DEPTH)) return fault("output", `is nested deeper than ${MAX_DEPTH} levels`);
  try {
    const { errors } = validate(schema, value, "output");
    return errors.length === 0 ? { ok: true, value } : { ok: false, errors };
  } catch (error) {
    if (error instanceof TooManySteps) return fault("output_schema", "takes too much work to check the answer");
    return fault("output_schema", "cannot be applied to the answer");
  }
}

/**
 * The content of a Markdown code fence around the whole answer; without a fence, the answer itself.
 */
function unfence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("```") || !trimmed.endsWith("```")) return trimmed;
  return trimmed
    .slice(3, -3)
    .replace(/^[a-z]+(?=\s*\{)/i, "")
    .trim();
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => deeperThan(member, levels - 1));
}

function fault(path: string, message: string): OutputResult {
  return { ok: false, errors: [{ path, message }] };
}
