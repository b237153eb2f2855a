import type { BatchItem, MockBatch } from "./batch-store.ts";
import { isObject } from "./json.ts";
import { openaiWire } from "./openai-wire.ts";
import { responsesWire } from "./responses-wire.ts";

/** The endpoints of the mock's batches, with the wire formats of their requests. */
export const ENDPOINTS = new Map([
  ["/v1/chat/completions", openaiWire],
  ["/v1/responses", responsesWire],
]);
const MAX_REQUESTS = 50_000;

/** The lines of a file that are not blank. */
export function readLines(bytes: Buffer): string[] {
  return bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

/** Reads the input with the real API's validation. The first faulty line fails the whole batch. */
export function readItems(lines: string[], endpoint: string): { items: BatchItem[]; fault: MockBatch["fault"] } {
  const items: BatchItem[] = [];
  const ids = new Set<string>();
  const failed = (code: string, message: string, line: number | null) => ({
    items: [],
    fault: { code, message, line },
  });
  if (lines.length === 0) return failed("empty_file", "The batch input file is empty.", null);
  if (lines.length > MAX_REQUESTS) {
    return failed("too_many_tasks", `The batch input file holds more than ${MAX_REQUESTS} requests.`, null);
  }
  let model: unknown;
  for (const [index, text] of lines.entries()) {
    const line = parseLine(text, endpoint);
    if (line === null) return failed("invalid_json_line", "This line is not parseable as valid JSON.", index + 1);
    const { customId, body } = line;
    if (ids.has(customId)) {
      return failed("duplicate_custom_id", "The custom_id for this request is a duplicate.", index + 1);
    }
    model ??= body["model"];
    if (body["model"] !== model) {
      return failed("mismatched_model", "The model of this request is not that of the others.", index + 1);
    }
    ids.add(customId);
    items.push({ customId, body });
  }
  return { items, fault: null };
}

function parseLine(text: string, endpoint: string): { customId: string; body: Record<string, unknown> } | null {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(line) || line["method"] !== "POST" || line["url"] !== endpoint || !isObject(line["body"])) return null;
  const { custom_id: customId, body } = line;
  return typeof customId === "string" && customId.length <= 64 ? { customId, body } : null;
}
