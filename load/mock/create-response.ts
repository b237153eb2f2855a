import { deliver } from "./deliver.ts";
import { deliverJson } from "./deliver-json.ts";
import type { Delivery } from "./delivery.ts";
import { isObject } from "./json.ts";
import type { KeptResponse } from "./kept-responses.ts";
import type { PlainMessage } from "./plain-message.ts";
import { type LoggedCall, parseBody, prepareCompletion, requireKey } from "./provider-call.ts";
import { unendedBody } from "./response-routes.ts";
import { CallRefused } from "./wire.ts";

/**
 * Answers POST /v1/responses. A response is kept unless `store` is false; one in the background is
 * answered before it has ended; one that names an earlier response continues it.
 */
export async function createResponse(call: LoggedCall): Promise<void> {
  requireKey(call);
  const body = parseBody(call);
  const asked = call.wire.read(body, call.request.headers);
  const { previous_response_id: previous, background, store } = isObject(body) ? body : {};
  if (background === true && store === false) {
    throw new CallRefused({
      status: 400,
      message: "Background mode requires 'store' to be true.",
      param: "background",
    });
  }
  const messages = [...(typeof previous === "string" ? earlier(call, previous) : []), ...asked.messages];
  const completion = prepareCompletion(call, { ...asked, messages });
  if (!completion) return;
  const isLater = background === true && !asked.stream;
  const kept = keptOf(completion, messages, isObject(body) ? body["input"] : undefined, isLater, call);
  if (store !== false) call.state.responses.add(kept);
  if (!isLater) {
    await deliver(completion);
    return;
  }
  if (await deliverJson(call, completion.profile, unendedBody(kept, "queued"))) {
    call.record.completion_tokens = completion.tokens;
  }
}

/** The messages of an earlier response, which OpenAI knows by the key's project only. */
function earlier({ state, record }: LoggedCall, id: string): readonly PlainMessage[] {
  const response = state.responses.find(record.key, id);
  if (response) return response.messages;
  const message = `Previous response with id '${id}' not found.`;
  const param = "previous_response_id";
  throw new CallRefused({ status: 400, message, param, code: "previous_response_not_found" });
}

function keptOf(
  { wire, reply, text, profile, record }: Delivery,
  messages: readonly PlainMessage[],
  input: unknown,
  isLater: boolean,
  { state }: LoggedCall,
): KeptResponse {
  const items = typeof input === "string" ? [{ role: "user", content: [{ type: "input_text", text: input }] }] : input;
  const list: unknown[] = Array.isArray(items) ? items : [];
  return {
    id: `resp_${reply.id}`,
    key: record.key,
    body: { ...wire.whole(reply, text), ...profile.extra_fields },
    input: list
      .filter(isObject)
      .map((item, index) => ({ id: `msg_${reply.id}_in_${index}`, type: "message", status: "completed", ...item })),
    messages: [...messages, { role: "assistant", content: text }],
    ...(isLater && { endsAt: state.clock() + (profile.ttft_ms ?? 0) }),
    isCancelled: false,
    record,
  };
}
