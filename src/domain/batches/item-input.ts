import { parseOrdered } from "../../lib/ordered-json.ts";
import type { ExecutionRequest } from "../executions/execution-options.ts";

/** What an item has of its own: the rest of its request is its batch's. */
export type ItemInput = Pick<ExecutionRequest, "variables" | "door">;

/** What the text begins with that older versions stored of a door's item. */
const DOOR_MARK = "door:";

/**
 * Reads the text of an item that is not sealed: JSON of its variables, or after a mark of those and
 * a door's call, as older versions stored it. Throws SyntaxError for any other text.
 */
export function readItemInput(text: string): ItemInput {
  if (text.startsWith(DOOR_MARK)) return parseOrdered(text.slice(DOOR_MARK.length)) as ItemInput;
  return { variables: parseOrdered(text) as ItemInput["variables"] };
}
