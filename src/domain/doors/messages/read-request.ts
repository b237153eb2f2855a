import { stableJson } from "../../../lib/stable-json.ts";
import { invalid } from "../../errors.ts";
import type { DoorRequest } from "../door.ts";
import { FLAG, isGiven, BodyFindings, OBJECT, TEXT } from "../findings.ts";
import { readMessages, readSystem } from "./read-messages.ts";
import { PARAMETER_FIELDS, readParameters } from "./read-parameters.ts";
import { readTools } from "./read-tools.ts";

/** The fields that have a counterpart in our terms. */
const READ: ReadonlySet<string> = new Set([
  "model",
  "system",
  "messages",
  "stream",
  "tools",
  "tool_choice",
  "metadata",
  ...PARAMETER_FIELDS,
]);

/** Fields of Anthropic's alone with the value that means the same as none. */
const UNSAID: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["speed", "standard"],
  ["mcp_servers", []],
]);

/**
 * Reads the body of POST /v1/messages. Throws AppError `validation_error` with every field that
 * Anthropic's API would refuse.
 */
export function readMessagesRequest(body: Record<string, unknown>): DoorRequest {
  const findings = new BodyFindings();
  const user = readUser(body["metadata"], findings);
  const request = {
    model: readModel(body["model"], findings),
    stream: findings.optional(body["stream"], "stream", FLAG) ?? false,
    messages: [...readSystem(body["system"], findings), ...readMessages(body["messages"], findings)],
    ...readParameters(body, findings),
    ...readTools(body, findings),
    ...(user !== undefined && { user }),
    own: ownFields(body),
    untranslated: findings.untranslated,
  };
  if (findings.faults.length > 0) throw invalid(findings.faults);
  return request;
}

function readModel(given: unknown, findings: BodyFindings): string {
  return findings.needed(given === "" ? undefined : given, "model", TEXT) ?? "";
}

function readUser(given: unknown, findings: BodyFindings): string | undefined {
  const metadata = findings.optional(given, "metadata", OBJECT);
  if (!metadata) return undefined;
  findings.unread(metadata, "metadata", ["user_id"]);
  return findings.optional(metadata["user_id"], "metadata.user_id", TEXT);
}

function ownFields(body: Record<string, unknown>): Record<string, unknown> {
  const isOwn = ([name, value]: [string, unknown]) => isGiven(value) && !READ.has(name) && !isUnsaid(name, value);
  return Object.fromEntries(Object.entries(body).filter(isOwn));
}

function isUnsaid(name: string, value: unknown): boolean {
  return UNSAID.has(name) && stableJson(UNSAID.get(name)) === stableJson(value);
}
