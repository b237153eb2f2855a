import { deliverJson } from "./deliver-json.ts";
import { base64Of, dimensionsOf, embeddingVector } from "./embedding-vector.ts";
import { isObject, isWhole } from "./json.ts";
import type { PlainMessage } from "./plain-message.ts";
import { admitCall, type LoggedCall, parseBody, requireKey, resolveAsked } from "./provider-call.ts";
import { countTokens } from "./tokens.ts";
import { CallRefused } from "./wire.ts";

const MAX_INPUTS = 2_048;
/** The only model whose vectors have one length. */
const FIXED_MODEL = "text-embedding-ada-002";

/** What an embedding is asked for: texts, or the numbers of their tokens. */
interface AskedEmbeddings {
  model: string;
  inputs: readonly (string | readonly number[])[];
  dimensions: number;
  isBase64: boolean;
}

/**
 * Answers POST /v1/embeddings (https://platform.openai.com/docs/api-reference/embeddings). A marker
 * in a text asks for a profile, as in a prompt.
 */
export async function answerEmbeddings(call: LoggedCall): Promise<void> {
  requireKey(call);
  const asked = readBody(parseBody(call));
  const { model, inputs } = asked;
  const sent = inputs.map((input): PlainMessage => ({ role: "user", content: textOf(input) }));
  const { messages, profile } = resolveAsked(call, { model, stream: false, messages: sent });
  call.record.prompt_tokens = inputs.reduce((sum, input) => sum + tokensOf(input), 0);
  if (!admitCall(call, call.record.prompt_tokens)) return;
  await deliverJson(call, profile, bodyOf(asked, messages, call.record.prompt_tokens));
}

function bodyOf({ model, dimensions, isBase64 }: AskedEmbeddings, texts: readonly PlainMessage[], tokens: number) {
  const data = texts.map(({ content }, index) => {
    const vector = embeddingVector(model, content, dimensions);
    return { object: "embedding", index, embedding: isBase64 ? base64Of(vector) : [...vector] };
  });
  return { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function textOf(input: string | readonly number[]): string {
  return typeof input === "string" ? input : JSON.stringify(input);
}

function tokensOf(input: string | readonly number[]): number {
  return typeof input === "string" ? countTokens(input) : input.length;
}

function readBody(body: unknown): AskedEmbeddings {
  if (!isObject(body)) refuse("The request body must be a JSON object.");
  const { model, input, dimensions, encoding_format: format = "float" } = body;
  if (typeof model !== "string" || model === "") refuse("you must provide a model parameter", "model");
  if (format !== "float" && format !== "base64") {
    refuse(`Invalid value: '${String(format)}'. Supported values are: 'float' and 'base64'.`, "encoding_format");
  }
  const most = dimensionsOf(model);
  if (dimensions !== undefined) {
    if (model === FIXED_MODEL) refuse("This model does not support specifying dimensions.", "dimensions");
    if (!isWhole(dimensions, 1) || dimensions > most) refuse(`'dimensions' must be from 1 to ${most}.`, "dimensions");
  }
  return { model, inputs: readInputs(input), dimensions: dimensions ?? most, isBase64: format === "base64" };
}

/** A text, tokens, or a list of either. */
function readInputs(input: unknown): AskedEmbeddings["inputs"] {
  const list: unknown[] = typeof input === "string" || areTokens(input) ? [input] : Array.isArray(input) ? input : [];
  const isGood = (each: unknown): each is string | number[] =>
    (typeof each === "string" && each !== "") || areTokens(each);
  if (list.length === 0 || list.length > MAX_INPUTS || !list.every(isGood)) {
    refuse("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");
  }
  return list;
}

function areTokens(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((token) => isWhole(token, 0));
}

function refuse(message: string, param?: string): never {
  throw new CallRefused({ status: 400, message, param });
}
