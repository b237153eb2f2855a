import { isObject } from "./json.ts";
import { openaiError } from "./openai-error.ts";
import { openaiWire } from "./openai-wire.ts";
import { endedResponse, outputOf } from "./responses-output.ts";
import { readResponsesBody } from "./responses-body.ts";
import { ResponseScript } from "./responses-script.ts";
import { CallRefused, type Wire, type WireFailure } from "./wire.ts";

/** OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses). */
export const responsesWire: Wire = {
  ...openaiWire,
  read(body) {
    if (!isObject(body)) throw new CallRefused(openaiWire.badJson);
    return readResponsesBody(body);
  },
  whole: (reply, text) => endedResponse(reply, outputOf(reply, text)),
  script: (reply) => new ResponseScript(reply),
  errorEvent,
};

function errorEvent(failure: WireFailure): string {
  const { error } = openaiError(failure);
  const { code, message, param } = error;
  return `event: error\ndata: ${JSON.stringify({ type: "error", code, message, param, sequence_number: 0 })}\n\n`;
}
