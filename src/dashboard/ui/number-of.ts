/** The number that a field of a form holds; undefined where it is empty. */
export function numberOf(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}
