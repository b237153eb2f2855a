/** What a value costs beside its characters, such as a field or an element. */
const EACH = 8;

/**
 * About how many characters a value of JSON holds in memory. Unlike its text, it costs nothing that
 * grows with the length of its strings.
 */
export function charactersIn(value: unknown): number {
  if (typeof value === "string") return EACH + value.length;
  if (typeof value !== "object" || value === null) return EACH;
  let sum = EACH;
  for (const each of Object.values(value)) sum += charactersIn(each);
  return sum;
}
