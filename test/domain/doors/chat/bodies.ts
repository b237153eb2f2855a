/** The smallest body, with some fields changed. */
export function body(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "gpt-4.1", messages: [{ role: "user", content: "Hello" }], ...changes };
}

/** A body whose only message is given. */
export function withMessage(message: unknown): Record<string, unknown> {
  return body({ messages: [message] });
}

/** A body with one part of content. */
export function withPart(part: unknown): Record<string, unknown> {
  return withMessage({ role: "user", content: [part] });
}

/** A body in which the assistant asked for a call. */
export function withCall(call: unknown): Record<string, unknown> {
  return withMessage({ role: "assistant", content: null, tool_calls: [call] });
}

export const PNG = "data:image/png;base64,iVBORw0KGgo=";
export const PDF = "data:application/pdf;base64,JVBERi0=";

export const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    strict: true,
  },
};

export const CALL = { id: "c1", type: "function", function: { name: "get_weather", arguments: '{"city":"Bern"}' } };

export const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
