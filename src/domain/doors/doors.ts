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

/** The paths of the doors, and of what belongs to them or to the same API. */
const PATHS: readonly [RegExp, DoorName][] = [
  [/^\/v1\/messages(?:\/|$)/, "messages"],
  [/^\/v1\/responses(?:\/|$)/, "responses"],
  [/^\/v1\/embeddings(?:\/|$)/, "embeddings"],
  [/^\/v1\/(?:chat|models)(?:\/|$)/, "chat"],
  // What OpenAI has and we have not: its clients are told so in their own form.
  [
    /^\/v1\/(?:completions|files|uploads|images|audio|moderations|conversations|vector_stores|fine_tuning)(?:\/|$)/,
    "chat",
  ],
];

const MODELS = /^\/v1\/models(?:\/|$)/;

/**
 * The door that a path belongs to, by whose wire format its errors are told; undefined for the
 * rest. Both APIs have models under the same paths; only Anthropic's clients send a version of it.
 */
export function doorOfPath(path: string, anthropicVersion?: string): DoorName | undefined {
  if (anthropicVersion !== undefined && MODELS.test(path)) return "messages";
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}
