import { isRecord } from "../wire.ts";

/** Arguments as the text that OpenAI sends; some compatible servers send the object itself. */
export function argumentsText(given: unknown): string {
  if (typeof given === "string") return given;
  return isRecord(given) ? JSON.stringify(given) : "";
}
