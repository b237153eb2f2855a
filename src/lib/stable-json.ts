/**
 * JSON with object keys in code-unit order, so that equal values give equal text. Follows RFC 8785
 * for everything that `JSON.parse` can produce, and omits `undefined` members. Cache keys and
 * stored hashes depend on every character of it, so it stays ours.
 */
export function stableJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) => (isPlainObject(member) ? sortKeys(member) : member)) ?? "null"
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(object: Record<string, unknown>): Record<string, unknown> {
  const sorted: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(object).sort()) sorted[key] = object[key];
  return sorted;
}
