import { byteLength } from "../../lib/encoding.ts";
import { isRecord } from "../json-schema/values.ts";
import type { Candidate } from "./candidate.ts";
import type { CompletionInput, CompletionParameters } from "./completion.ts";
import { refusesPrefill } from "./models.ts";
import { boundedMaxTokens } from "./output-bound.ts";
import type { Relay } from "./relay.ts";
import { tokensInBytes } from "./token-estimate.ts";
import { wireOf } from "./upstream.ts";

/** An input that asks a candidate for the rest of an answer. */
export interface ContinuedInput {
  input: CompletionInput;
  /** What the input ends with of the answer; empty where the answer is asked for anew. */
  prefix: string;
}

/**
 * The input that asks for the rest of an answer of which `said` is the beginning. A candidate that
 * goes on with an assistant's message is sent one, and may write as many tokens as are left by our
 * estimate. Every other candidate is sent the input as it is, as where nothing was said.
 */
export function continuedInput(input: CompletionInput, said: string | undefined, candidate: Candidate): ContinuedInput {
  const prefix = said !== undefined && takesPrefix(input, candidate) ? prefixOf(said) : "";
  const max_tokens = boundedMaxTokens(input.parameters) - tokensInBytes(byteLength(prefix));
  const messages = withPrefix(input.messages, prefix);
  const relay = input.relay && continuedRelay(input.relay, prefix, max_tokens);
  if (prefix === "" || max_tokens < 1 || !messages || (input.relay && !relay)) return { input, prefix: "" };
  const parameters = { ...input.parameters, max_tokens };
  return { input: { ...input, messages, parameters, ...(relay && { relay }) }, prefix };
}

/**
 * Anthropic's older models take a prefix, though not with thinking or a schema that is enforced
 * (platform.claude.com/docs, "Prefill Claude's response"). OpenAI's APIs begin a new message.
 */
function takesPrefix({ output_schema, parameters }: CompletionInput, candidate: Candidate): boolean {
  const isTaken = wireOf(candidate) === "anthropic" && !refusesPrefill("anthropic", candidate.model);
  return isTaken && !output_schema && !thinks(parameters);
}

function thinks({ thinking, provider_options }: CompletionParameters): boolean {
  const isOff = typeof thinking === "object" && thinking.type === "disabled";
  return (thinking !== undefined && !isOff) || provider_options?.anthropic?.["thinking"] !== undefined;
}

/**
 * The text without the white space at its end, with which Anthropic takes no message, and without
 * half a character. The model says both again.
 */
function prefixOf(said: string): string {
  let end = said.length;
  while (end > 0 && IS_CUT_OFF.test(said.charAt(end - 1))) end -= 1;
  return said.slice(0, end);
}

/** White space as JavaScript and Python know it, and the first half of a surrogate pair. */
const IS_CUT_OFF = /[\s\p{Cc}\ud800-\udbff]/u;

/** The client's own body for a candidate that is sent it; undefined where it takes no prefix. */
function continuedRelay(relay: Relay, prefix: string, max_tokens: number): Relay | undefined {
  const { door, body, body_bytes } = relay;
  if (!body) return relay;
  const grown = {
    ...relay,
    body_bytes: body_bytes + byteLength(JSON.stringify({ role: "assistant", content: prefix })),
  };
  if (door !== "messages") return grown;
  const messages = Array.isArray(body["messages"]) ? withPrefix(body["messages"], prefix) : undefined;
  return messages && { ...grown, body: { ...body, messages, max_tokens } };
}

/**
 * The messages with the prefix as the assistant's last one, or at the end of that where the client
 * has begun the answer itself; undefined where that is more than a text.
 */
function withPrefix<Each>(messages: readonly Each[], prefix: string): Each[] | undefined;
function withPrefix(messages: readonly unknown[], prefix: string): unknown[] | undefined {
  const last = messages.at(-1);
  if (!isRecord(last) || last["role"] !== "assistant") return [...messages, { role: "assistant", content: prefix }];
  const { content } = last;
  return typeof content === "string" ? [...messages.slice(0, -1), { ...last, content: content + prefix }] : undefined;
}
