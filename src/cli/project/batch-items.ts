import { UsageError } from "../errors.ts";

/** The lines of a batch as the API takes them, and how many there are. */
export interface BatchLines {
  text: string;
  count: number;
}

/**
 * Reads a file of a batch: one JSON object a line, either an item (`{custom_id?, variables}`) or
 * the variables alone, which get the line's number as their id. Throws a UsageError that names the
 * line.
 */
export function readBatchItems(text: string): BatchLines {
  const lines = text.split("\n").flatMap((line, at) => (line.trim() === "" ? [] : [itemOf(line, at + 1)]));
  if (lines.length === 0) throw new UsageError("The file has no items: write one JSON object a line.");
  return { text: lines.join("\n"), count: lines.length };
}

function itemOf(line: string, number: number): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`Line ${number} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`Line ${number} is no JSON object.`);
  }
  // An item is passed on as it is written, with the digits of its numbers.
  return "variables" in value ? line : `{"custom_id":"${number}","variables":${line}}`;
}
