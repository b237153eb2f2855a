import type { DoorName } from "../completions/relay.ts";
import { chatDoor } from "./chat/door.ts";
import type { Door } from "./door.ts";
import { embeddingsDoor } from "./embeddings/door.ts";
import { messagesDoor } from "./messages/door.ts";
import { responsesDoor } from "./responses/door.ts";

/** The doors by their names. */
export const DOORS: Record<DoorName, Door> = {
  chat: chatDoor,
  responses: responsesDoor,
  embeddings: embeddingsDoor,
  messages: messagesDoor,
};

/** The paths of the doors, and of what belongs to them. */
const PATHS: readonly [RegExp, DoorName][] = [
  [/^\/v1\/messages(?:\/|$)/, "messages"],
  [/^\/v1\/chat\/completions$/, "chat"],
  [/^\/v1\/responses(?:\/|$)/, "responses"],
  [/^\/v1\/embeddings$/, "embeddings"],
  [/^\/v1\/models(?:\/|$)/, "chat"],
];

/** The door that a path belongs to, by whose wire format its errors are told; undefined for the rest. */
export function doorOfPath(path: string): DoorName | undefined {
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}
