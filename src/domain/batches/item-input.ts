import { parseOrdered } from "../../lib/ordered-json.ts";
import type { ExecutionRequest } from "../executions/execution-options.ts";

/** What an item has of its own: the rest of its request is its batch's. */
export type ItemInput = Pick<ExecutionRequest, "variables" | "door">;

/**
 * What the text of a door's item begins with. With it the text is no JSON: code that knows no doors
 * would execute the variables alone, and so it fails before it calls anybody, and tries again.
 */
const DOOR_MARK = "door:";

/** The text that is stored of an item: its variables as JSON, or those and a door's call. */
export function writeItemInput({ variables, door }: ItemInput): string {
  return door ? DOOR_MARK + JSON.stringify({ variables, door }) : JSON.stringify(variables);
}

/** Reads what {@link writeItemInput} wrote. Throws SyntaxError for any other text. */
export function readItemInput(text: string): ItemInput {
  if (text.startsWith(DOOR_MARK)) return parseOrdered(text.slice(DOOR_MARK.length)) as ItemInput;
  return { variables: parseOrdered(text) as ItemInput["variables"] };
}
