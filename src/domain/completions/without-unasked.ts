import type { Completion, CompletionRequest } from "./completion.ts";
import { keepsResponse } from "./openai-endpoint.ts";

/**
 * A completion without what the request has no use for: reasoning that was not asked for, and the
 * id of a response that the provider does not keep.
 */
export function withoutUnasked(
  request: CompletionRequest,
  { reasoning, reasoning_blocks, response_id, ...completion }: Completion,
): Completion {
  return {
    ...completion,
    ...(request.reasoning === true && reasoning !== undefined && { reasoning }),
    ...(request.reasoning === true && reasoning_blocks !== undefined && { reasoning_blocks }),
    ...(response_id !== undefined && keepsResponse(request) && { response_id }),
  };
}
