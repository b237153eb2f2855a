import { jsonFault } from "../lib/json-fault.ts";
import { parseOrdered } from "../lib/ordered-json.ts";
import { invalid } from "./errors.ts";

/** What some editors write before a text; a parser may ignore it (RFC 8259, section 8.1). */
const BYTE_ORDER_MARK = "\uFEFF";

/**
 * The JSON that a caller sent, as it will be passed on: in its order, and without anything that
 * would not survive. Throws what `notJson` makes for text that is no JSON, and a 422 that names the
 * place (below `path`) of what would be lost.
 */
export function parseJsonBody(text: string, notJson: (cause: unknown) => Error, path = ""): unknown {
  let value: unknown;
  try {
    value = parseOrdered(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (cause) {
    throw notJson(cause);
  }
  const fault = jsonFault(value, path);
  if (fault) throw invalid([{ ...fault, path: fault.path || "body" }]);
  return value;
}
