import type { Door } from "../door.ts";
import { toAnthropicError } from "./error.ts";
import { readMessagesRequest } from "./read-request.ts";
import { toMessage } from "./write-message.ts";
import { MessageEvents } from "./write-stream.ts";

/** Anthropic's Messages: `POST /v1/messages`. */
export const messagesDoor: Door = {
  read: readMessagesRequest,
  write: toMessage,
  stream: (head) => new MessageEvents(head),
  error: toAnthropicError,
};
