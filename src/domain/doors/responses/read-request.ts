import { stableJson } from "../../../lib/stable-json.ts";
import type { Message } from "../../completions/message.ts";
import { invalid } from "../../errors.ts";
import type { DoorRequest } from "../door.ts";
import { isGiven, BodyFindings } from "../findings.ts";
import { readInput } from "./read-input.ts";
import { ENCRYPTED_REASONING, readSettings, SETTING_FIELDS } from "./read-settings.ts";
import { readTools } from "./read-tools.ts";

/**
 * The fields that have a counterpart in our terms. `prompt` names a stored prompt, which
 * `readStoredPrompt` reads.
 */
const READ: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "prompt",
  "stream",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "user",
  "safety_identifier",
  ...SETTING_FIELDS,
]);

/**
 * Fields that only OpenAI has, with the values that mean the same as none. Clients and their
 * frameworks send them without a wish, so they are no reason to refuse a request for another API.
 * `store` is true where nothing is said; only who says it counts on it. Reasoning is given to be
 * sent back wherever a provider does that.
 */
const UNSAID: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ["store", [false]],
  ["background", [false]],
  ["truncation", ["disabled"]],
  ["include", [[], [ENCRYPTED_REASONING]]],
  ["metadata", [{}]],
  ["top_logprobs", [0]],
  ["presence_penalty", [0]],
  ["frequency_penalty", [0]],
  ["context_management", [[]]],
  ["prompt_cache_retention", ["in_memory"]],
  ["stream_options", [{}, { include_obfuscation: false }, { include_obfuscation: true }]],
]);

/** Each of these stands for an input, or may do without one. */
const IN_PLACE_OF_INPUT = ["prompt", "previous_response_id", "conversation"];

/**
 * Reads the body of POST /responses. The model is empty where a stored prompt has it. Throws
 * AppError `validation_error` with every field that OpenAI's API would refuse.
 */
export function readResponsesRequest(body: Record<string, unknown>): DoorRequest {
  const findings = new BodyFindings();
  const user = readUser(body, findings);
  const request = {
    model: readModel(body, findings),
    stream: findings.flag(body["stream"], "stream") ?? false,
    messages: [...readInstructions(body["instructions"], findings), ...readInput(body["input"], findings)],
    ...readSettings(body, findings),
    ...readTools(body, findings),
    ...(user !== undefined && { user }),
    own: ownFields(body),
    untranslated: findings.untranslated,
  };
  if (!isGiven(body["input"]) && !IN_PLACE_OF_INPUT.some((name) => isGiven(body[name]))) {
    findings.fault("input", "is missing");
  }
  if (findings.faults.length > 0) throw invalid(findings.faults);
  return request;
}

function readModel({ model, prompt }: Record<string, unknown>, findings: BodyFindings): string {
  if (!isGiven(model) && isGiven(prompt)) return "";
  return findings.neededText(model === "" ? undefined : model, "model") ?? "";
}

/** OpenAI takes `system` for `developer`, and other servers know no other word. */
function readInstructions(given: unknown, findings: BodyFindings): Message[] {
  const content = findings.text(given, "instructions") ?? "";
  return content === "" ? [] : [{ role: "system", content }];
}

/** `safety_identifier` is the successor of `user`. */
function readUser({ user, safety_identifier }: Record<string, unknown>, findings: BodyFindings): string | undefined {
  const older = findings.text(user, "user");
  return findings.text(safety_identifier, "safety_identifier") ?? older;
}

function ownFields(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => isGiven(value) && !READ.has(name) && !isUnsaid(name, value)),
  );
}

function isUnsaid(name: string, value: unknown): boolean {
  const unsaid = UNSAID.get(name);
  if (!unsaid) return false;
  const json = stableJson(value);
  return unsaid.some((each) => stableJson(each) === json);
}
