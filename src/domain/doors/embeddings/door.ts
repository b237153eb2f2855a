import { AppError, invalid } from "../../errors.ts";
import type { Message } from "../../completions/message.ts";
import type { Door } from "../door.ts";
import { toOpenAIError } from "../openai-error.ts";

/** The most inputs of one request. Source: POST /embeddings in the OpenAI API reference. */
const MAX_INPUTS = 2_048;

/**
 * OpenAI's Embeddings. Nobody but a provider of its wire format makes vectors, so that a request is
 * only ever relayed; what is read in it is what it may cost.
 */
export const embeddingsDoor: Door = {
  read({ model, input, user, ...own }) {
    const faults = [
      ...(typeof model === "string" && model !== "" ? [] : [{ path: "model", message: "must be a model's name" }]),
      ...(isInput(input) ? [] : [{ path: "input", message: INPUT_FORMS }]),
    ];
    if (faults.length > 0) throw invalid(faults);
    return {
      model: String(model),
      stream: false,
      messages: [messageOf(input)],
      parameters: { max_tokens: 0 },
      own,
      untranslated: [{ path: "model", message: "must be a model of a provider that speaks OpenAI's wire format" }],
      ...(typeof user === "string" && { user }),
    };
  },
  write: onlyRelayed,
  stream: onlyRelayed,
  error: toOpenAIError,
};

const INPUT_FORMS = `must be a text, a list of tokens, or a list of up to ${MAX_INPUTS} of either`;

function isInput(input: unknown): boolean {
  if (typeof input === "string") return input !== "";
  if (!Array.isArray(input) || input.length === 0) return false;
  return isTokens(input) || (input.length <= MAX_INPUTS && input.every((each) => isText(each) || isTokens(each)));
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isSafeInteger(each));
}

/** The input as a text, for its tokens to be estimated; a number among them is a token. */
function messageOf(input: unknown): Message {
  return { role: "user", content: typeof input === "string" ? input : JSON.stringify(input) };
}

function onlyRelayed(): never {
  throw new AppError("internal_error", "Embeddings are only ever relayed.");
}
