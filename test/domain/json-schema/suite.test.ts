import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../../src/domain/json-schema/schema.ts";
import { validate } from "../../../src/domain/json-schema/validate.ts";
import suite from "../../fixtures/json-schema-suite/draft2020-12.json" with { type: "json" };

interface Group {
  keyword: string;
  description: string;
  schema: JsonSchema;
  tests: Array<[description: string, value: unknown, valid: boolean]>;
}

/**
 * The official JSON Schema Test Suite at 44401e0 (MIT), without identifiers, anchors and dynamic
 * references, which a prompt's schema may not have.
 */
describe.each(suite as unknown as Group[])("$keyword: $description", ({ schema, tests }) => {
  it.each(tests)("%s", (_description, value, valid) => {
    expect(validate(schema, value, "output").errors.length === 0).toBe(valid);
  });
});
