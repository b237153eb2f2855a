import { AppError, type FieldError } from "../../../../src/domain/errors.ts";

/** The smallest body, with some fields changed. */
export function body(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "gpt-6-sol", input: "Hello", ...changes };
}

/** A body whose input is these items. */
export function withItems(...input: unknown[]): Record<string, unknown> {
  return body({ input });
}

/** A body with one part of content. */
export function withPart(part: unknown): Record<string, unknown> {
  return withItems({ role: "user", content: [part] });
}

export const PNG = "data:image/png;base64,iVBORw0KGgo=";
export const PDF = "data:application/pdf;base64,JVBERi0=";

export const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

export const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather",
  parameters: CITY,
  strict: true,
} as const;

export const CALL = {
  type: "function_call",
  call_id: "c1",
  name: "get_weather",
  arguments: '{"city":"Bern"}',
} as const;
export const OUTPUT = { type: "function_call_output", call_id: "c1", output: "Sunny" } as const;
export const REASONING = {
  type: "reasoning",
  id: "rs_0123",
  summary: [{ type: "summary_text", text: "The weather, then." }],
  encrypted_content: "gAAAA",
} as const;

/** The faults of what is read; none where it is taken. */
export function faultsOf(read: () => unknown): FieldError[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "validation_error") throw error;
    return error.errors ?? [];
  }
}
