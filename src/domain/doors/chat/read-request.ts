import { stableJson } from "../../../lib/stable-json.ts";
import type { CompletionParameters } from "../../completions/completion.ts";
import type { Message } from "../../completions/message.ts";
import { invalid } from "../../errors.ts";
import { isRecord } from "../../json-schema/values.ts";
import type { DoorRequest } from "../door.ts";
import { BodyFindings, isGiven } from "../findings.ts";
import { readMessages } from "./read-messages.ts";
import { readOutput } from "./read-output.ts";
import { PARAMETER_FIELDS, readParameters } from "./read-parameters.ts";
import { readTools } from "./read-tools.ts";

/**
 * The fields that have a counterpart in our terms, or that the writing of the answer follows
 * (`stream_options`).
 */
const READ: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "response_format",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "user",
  "safety_identifier",
  ...PARAMETER_FIELDS,
]);

/**
 * Fields that only OpenAI has, with the value that means the same as none. Clients and their
 * frameworks send them without a wish, so they are no reason to refuse a request for another API.
 */
const UNSAID: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["n", 1],
  ["store", false],
  ["logprobs", false],
  ["top_logprobs", 0],
  ["logit_bias", {}],
  ["metadata", {}],
  ["functions", []],
  ["modalities", ["text"]],
  ["prompt_cache_retention", "in_memory"],
]);

/**
 * Reads the body of POST /chat/completions. Throws AppError `validation_error` with every field
 * that OpenAI's API would refuse.
 */
export function readChatRequest(body: Record<string, unknown>): DoorRequest {
  const findings = new BodyFindings();
  const messages = readMessages(body["messages"], findings);
  const parameters = readParameters(body, findings);
  const user = readUser(body, findings);
  checkStreamOptions(body["stream_options"], findings);
  const request = {
    model: readModel(body["model"], findings),
    stream: findings.flag(body["stream"], "stream") ?? false,
    messages,
    parameters,
    ...readTools(body, findings),
    ...readOutput(body["response_format"], findings),
    ...(wantsReasoning(messages, parameters) && { reasoning: true }),
    ...(user !== undefined && { user }),
    own: ownFields(body, parameters),
    untranslated: findings.untranslated,
  };
  if (findings.faults.length > 0) throw invalid(findings.faults);
  return request;
}

function readModel(given: unknown, findings: BodyFindings): string {
  return findings.neededText(given === "" ? undefined : given, "model") ?? "";
}

/** The stream of the answer follows them; it obfuscates nothing, which nobody is promised. */
function checkStreamOptions(given: unknown, findings: BodyFindings): void {
  if (isRecord(given)) findings.unread(given, "stream_options", ["include_usage", "include_obfuscation"]);
  else if (isGiven(given)) findings.fault("stream_options", "must be an object");
}

/** `safety_identifier` is the successor of `user`. */
function readUser({ user, safety_identifier }: Record<string, unknown>, findings: BodyFindings): string | undefined {
  const older = findings.text(user, "user");
  return findings.text(safety_identifier, "safety_identifier") ?? older;
}

/**
 * OpenAI's API tells no reasoning. Clients that ask for Anthropic's thinking, or send some of it
 * back, want to have it.
 */
function wantsReasoning(messages: readonly Message[], { thinking }: CompletionParameters): boolean {
  const isAsked = typeof thinking === "object" && thinking.type !== "disabled";
  return isAsked || messages.some(({ reasoning_blocks }) => reasoning_blocks !== undefined);
}

function ownFields(body: Record<string, unknown>, parameters: CompletionParameters): Record<string, unknown> {
  const own = Object.entries(body).filter(
    ([name, value]) => isGiven(value) && !READ.has(name) && !Object.hasOwn(parameters, name) && !isUnsaid(name, value),
  );
  return Object.fromEntries(own);
}

function isUnsaid(name: string, value: unknown): boolean {
  return UNSAID.has(name) && stableJson(UNSAID.get(name)) === stableJson(value);
}
