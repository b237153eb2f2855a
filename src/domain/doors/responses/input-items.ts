import { isRecord } from "../../json-schema/values.ts";
import { inputItemIdOf } from "./item-ids.ts";

/** Which items a client asks for, as `GET /v1/responses/{id}/input_items` names it. */
export interface InputItemsQuery {
  order: "asc" | "desc";
  limit: number;
  /** The id of the item behind which the page begins. */
  after?: string;
}

/** A page of what a response was asked, of the `input` of its body. */
export function listInputItems(executionId: string, input: unknown, { order, limit, after }: InputItemsQuery): object {
  const given: unknown[] = typeof input === "string" ? [{ role: "user", content: input }] : toArray(input);
  const items = given.filter(isRecord).map((item, index) => toItem(item, executionId, index));
  if (order === "desc") items.reverse();
  const from = items.findIndex(({ id }) => id === after) + 1;
  const data = items.slice(from, from + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: from + limit < items.length,
  };
}

function toArray(input: unknown): unknown[] {
  return Array.isArray(input) ? input : [];
}

/** An item as the API lists it: with an id, and the content of a message in parts. */
function toItem(item: Record<string, unknown>, executionId: string, index: number): Record<string, unknown> {
  const { type = "message", role, content } = item;
  const id = inputItemIdOf(executionId, index);
  if (type !== "message") return { id, ...item };
  return {
    id,
    type,
    status: "completed",
    ...item,
    content: typeof content === "string" ? [toPart(role, content)] : content,
  };
}

function toPart(role: unknown, text: string): object {
  return role === "assistant"
    ? { type: "output_text", text, annotations: [], logprobs: [] }
    : { type: "input_text", text };
}
