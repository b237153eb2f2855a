/**
 * How servers that call themselves compatible with OpenAI differ from it: the content is a list of
 * parts, the finish reason is empty (while a stream lasts, and in a whole answer), the usage is
 * missing, and a stream has events without data.
 */
export const DEVIATIONS = ["content_parts", "empty_finish_reason", "missing_usage", "empty_data"] as const;
/** One of {@link DEVIATIONS}. */
export type Deviation = (typeof DEVIATIONS)[number];

/** Whether a value is a list of {@link DEVIATIONS}. */
export function areDeviations(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => DEVIATIONS.some((deviation) => deviation === each));
}
