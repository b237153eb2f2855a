import type { CompletionRequest } from "../../domain/completions/completion.ts";
import type { JsonSchema } from "../../domain/json-schema/schema.ts";
import { isStrictSchema } from "./strict-schema.ts";

/** The output schema with its name, as both of OpenAI's APIs have it in different places. */
export interface NamedSchema {
  name: string;
  description?: string;
  schema: JsonSchema;
  strict: boolean;
}

/** The output schema by the name that the request gives it; undefined without a schema. */
export function namedSchemaOf({ output_schema: schema, output_format }: CompletionRequest): NamedSchema | undefined {
  if (schema === undefined) return undefined;
  return { ...(output_format ?? { name: "output", strict: isStrictSchema(schema) }), schema };
}
