/**
 * The rows of a provider's export: a list, one page `{data: […]}`, or pages one a line. Throws
 * where it is none of them.
 */
export function rowsOfExport(text: string): Record<string, unknown>[] {
  const pages = jsonOf(text);
  const rows = pages.flatMap((page) => {
    if (Array.isArray(page)) return page as unknown[];
    const { data } = (page ?? {}) as { data?: unknown };
    return Array.isArray(data) ? (data as unknown[]) : [page];
  });
  const isRow = (row: unknown) => typeof row === "object" && row !== null;
  if (rows.length === 0 || !rows.every(isRow)) throw new Error("The file has no rows of an export.");
  return rows as Record<string, unknown>[];
}

function jsonOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    try {
      return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line): unknown => JSON.parse(line));
    } catch {
      throw new Error("The file is not JSON.");
    }
  }
}
