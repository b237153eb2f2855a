import { deliverJson } from "./deliver-json.ts";
import { isObject } from "./json.ts";
import { type LoggedCall, parseBody, requireKey, resolveAsked } from "./provider-call.ts";
import { CallRefused } from "./wire.ts";

/**
 * Answers POST /v1/messages/count_tokens (https://docs.claude.com/en/api/messages-count-tokens)
 * with the count that the same message would be billed for. It is free and counts against no limit
 * of messages.
 */
export async function countMessageTokens(call: LoggedCall): Promise<void> {
  requireKey(call);
  const body = parseBody(call);
  const given = isObject(body) ? body : {};
  if (given["max_tokens"] !== undefined) {
    throw new CallRefused({ status: 400, message: "max_tokens: Extra inputs are not permitted" });
  }
  const asked = call.wire.read({ ...given, max_tokens: 1 }, call.request.headers);
  const { profile } = resolveAsked(call, asked);
  const input_tokens = call.record.prompt_tokens;
  call.record.prompt_tokens = 0;
  await deliverJson(call, profile, { input_tokens });
}
