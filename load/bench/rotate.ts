/** The items in their order, but beginning with the n-th, counted from 0 and around. */
export function rotated<T>(items: readonly T[], n: number): T[] {
  const at = n % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
