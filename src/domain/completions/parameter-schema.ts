import * as z from "zod";
import { REASONING_EFFORTS, VERBOSITIES } from "./completion.ts";
import { OPENAI_ENDPOINTS } from "./openai-endpoint.ts";

const stop = z.string().min(1).max(64);

/** What the runtime sets itself: prices, budgets and the reading of the answer count on it. */
const OWN_FIELDS = (
  "model messages input system stream stream_options n max_tokens max_completion_tokens max_output_tokens " +
  "service_tier background"
).split(" ");

const options = z.record(z.string(), z.unknown()).superRefine((given, context) => {
  for (const name of OWN_FIELDS.filter((field) => Object.hasOwn(given, field))) {
    context.addIssue({
      code: "custom",
      path: [name],
      message: "is set by the runtime and cannot be a provider option",
    });
  }
});

const openai = options.superRefine(({ api }, context) => {
  if (api === undefined || OPENAI_ENDPOINTS.some((endpoint) => endpoint === api)) return;
  const message = `must be one of ${OPENAI_ENDPOINTS.join(", ")}`;
  context.addIssue({ code: "custom", path: ["api"], message });
});

/**
 * Every parameter of a model, as the API and the settings of prompt files name it. Which of them a
 * model takes, `ignored-parameters.ts` knows.
 */
export const parameterFields = {
  temperature: z.number().min(0).max(2).optional(),
  max_tokens: z.int().min(1).max(1_000_000).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(1).max(1_000_000).optional(),
  stop: z.union([stop.transform((one) => [one]), z.array(stop).min(1).max(4)]).optional(),
  seed: z.int().optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  reasoning_effort: z.enum(REASONING_EFFORTS).optional(),
  verbosity: z.enum(VERBOSITIES).optional(),
  thinking: z
    .union([z.int().min(1024), z.looseObject({ type: z.string().min(1).max(32) })])
    .optional()
    .describe("Anthropic's own object, or the number of tokens to think with"),
  service_tier: z.string().min(1).max(32).optional(),
  prompt_cache_key: z.string().min(1).max(256).optional(),
  provider_options: z
    .strictObject({ openai: openai.optional(), anthropic: options.optional() })
    .optional()
    .describe("Sent to that provider as they are; `openai.api` chooses between OpenAI's two APIs"),
};
