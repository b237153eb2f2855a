import type { SchemaFindings } from "./schema-findings.ts";

/** What the keywords need of the validation that they are part of. */
export interface Visitor {
  /** Counts work that is about to be done, in steps. Throws where a validation takes too many. */
  spend(steps: number): void;
  /** Applies a schema to a value at a dotted path. */
  visit(schema: unknown, value: unknown, path: string): SchemaFindings;
}
