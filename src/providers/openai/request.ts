import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { CompletionRequest } from "../../domain/completions/completion.ts";
import { ignoredParameters } from "../../domain/completions/models.ts";
import { isStrictSchema } from "./strict-schema.ts";

/**
 * The models that accept `max_tokens`. OpenAI deprecated it for `max_completion_tokens`, and the
 * o-series, gpt-5 and all later models refuse it.
 * Source: the doc comment of `max_tokens` in the openai SDK 7.57.0.
 */
const TAKES_MAX_TOKENS = /^(?:ft:)?(?:gpt-3\.5|gpt-4|chatgpt-)/;

/**
 * The body of POST /chat/completions. Omits parameters that the model is known to refuse;
 * `ignoredParameters` warns the author about them. The provider judges all others. `user` becomes
 * `safety_identifier`, the successor of OpenAI's deprecated `user`.
 */
export function toOpenAIRequest(request: CompletionRequest): ChatCompletionCreateParamsNonStreaming {
  const { model, messages, parameters, output_schema, user } = request;
  const { max_tokens, stop } = parameters;
  const ignored = ignoredParameters("openai", model, parameters);
  const { temperature, top_p } = parameters;
  return {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    ...(max_tokens !== undefined &&
      (TAKES_MAX_TOKENS.test(model) ? { max_tokens } : { max_completion_tokens: max_tokens })),
    ...(temperature !== undefined && !ignored.includes("temperature") && { temperature }),
    ...(top_p !== undefined && !ignored.includes("top_p") && { top_p }),
    ...(stop !== undefined && stop.length > 0 && !ignored.includes("stop") && { stop }),
    ...(output_schema !== undefined && {
      response_format: {
        type: "json_schema",
        json_schema: { name: "output", schema: output_schema, strict: isStrictSchema(output_schema) },
      },
    }),
    ...(user !== undefined && { safety_identifier: user }),
  };
}
