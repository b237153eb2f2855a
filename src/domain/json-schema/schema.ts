/** A JSON Schema as the author of the prompt wrote it. */
export type JsonSchema = Record<string, unknown>;
