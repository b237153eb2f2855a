import type { Door } from "../door.ts";
import { toOpenAIError } from "../openai-error.ts";
import { readResponsesRequest } from "./read-request.ts";
import { writeResponse } from "./write-response.ts";
import { ResponsesStream } from "./write-stream.ts";

/**
 * OpenAI's Responses API, `POST /v1/responses`. It keeps nothing itself: what a client refers to by
 * an id is its provider's, see `response-ids.ts`.
 */
export const responsesDoor: Door = {
  read: readResponsesRequest,
  write: writeResponse,
  stream: (head, asked) => new ResponsesStream(head, asked),
  error: toOpenAIError,
};
