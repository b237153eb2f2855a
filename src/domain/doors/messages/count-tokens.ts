import { estimateTokens, tokensInBytes } from "../../completions/token-estimate.ts";
import { byteLength } from "../../../lib/encoding.ts";
import { readMessagesRequest } from "./read-request.ts";

/**
 * The answer to POST /v1/messages/count_tokens for a model whose provider counts nothing before a
 * call: our estimate. Its body has no `max_tokens`. Throws as {@link readMessagesRequest} does.
 */
export function countMessagesTokens(body: Record<string, unknown>): { input_tokens: number } {
  const { messages, tools, output_schema } = readMessagesRequest({ max_tokens: 1, ...body });
  const ofSchema = output_schema ? tokensInBytes(byteLength(JSON.stringify(output_schema))) : 0;
  return { input_tokens: estimateTokens(messages, tools) + ofSchema };
}
