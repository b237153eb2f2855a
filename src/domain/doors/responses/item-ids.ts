import { isId } from "../../id.ts";

/** What the ids of responses and of their items begin with. */
const PREFIXES = { reasoning: "rs", message: "msg", function_call: "fc" } as const;

/** The kinds of items that an answer of ours has. */
export type ItemType = keyof typeof PREFIXES;

/** The id of the response of an execution. */
export function responseIdOf(executionId: string): string {
  return `resp_${executionId}`;
}

/** The execution that {@link responseIdOf} made an id for; undefined for the id of a provider. */
export function executionOfResponse(responseId: string): string | undefined {
  const id = responseId.startsWith("resp_") ? responseId.slice("resp_".length) : "";
  return isId("exe", id) ? id : undefined;
}

/** The id of an item: the same for each client that the answer is written for. */
export function itemIdOf(type: ItemType, executionId: string, outputIndex: number): string {
  return `${PREFIXES[type]}_${executionId}_${outputIndex}`;
}

/** The id of an item of the input that came without one. No item of the answer has it. */
export function inputItemIdOf(executionId: string, index: number): string {
  return `${PREFIXES.message}_${executionId}_in_${index}`;
}

/** Whether an id is one of ours. Those of OpenAI have no such beginning. */
export function isOwnItem(id: string): boolean {
  return /^(?:rs|msg|fc)_exe_/.test(id);
}
