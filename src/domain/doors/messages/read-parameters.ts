import {
  type CompletionInput,
  type CompletionParameters,
  REASONING_EFFORTS,
  type Thinking,
} from "../../completions/completion.ts";
import type { JsonSchema } from "../../json-schema/schema.ts";
import { isGiven, LIST, type BodyFindings, NUMBER, OBJECT, TEXT } from "../findings.ts";

type Body = Record<string, unknown>;

/** The fields that {@link readParameters} reads. */
export const PARAMETER_FIELDS = [
  "max_tokens",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "thinking",
  "service_tier",
  "output_config",
  "output_format",
] as const;

/** The settings of the model, whether its thinking is wanted, and the schema of its answer. */
export function readParameters(
  body: Body,
  findings: BodyFindings,
): Pick<CompletionInput, "parameters" | "reasoning" | "output_schema"> {
  const { thinking, ...numbers } = {
    max_tokens: readMaxTokens(body["max_tokens"], findings),
    temperature: findings.optional(body["temperature"], "temperature", NUMBER),
    top_p: findings.optional(body["top_p"], "top_p", NUMBER),
    top_k: findings.optional(body["top_k"], "top_k", NUMBER),
    stop: readStop(body["stop_sequences"], findings),
    thinking: readThinkingConfig(body["thinking"], findings),
    service_tier: findings.optional(body["service_tier"], "service_tier", TEXT),
  };
  const { effort, format } = readOutputConfig(body, findings);
  const output_schema = readFormat(format, findings);
  const given = { ...numbers, thinking, reasoning_effort: effort };
  return {
    parameters: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(thinking && thinking.type !== "disabled" && { reasoning: true }),
    ...(output_schema && { output_schema }),
  };
}

function readMaxTokens(given: unknown, findings: BodyFindings): number | undefined {
  const tokens = findings.needed(given, "max_tokens", NUMBER);
  if (tokens === undefined || (Number.isSafeInteger(tokens) && tokens > 0)) return tokens;
  return findings.fault("max_tokens", "must be a positive integer");
}

function readStop(given: unknown, findings: BodyFindings): string[] | undefined {
  const stop = findings.optional(given, "stop_sequences", LIST) ?? [];
  const texts = stop.flatMap((each, index) => findings.needed(each, `stop_sequences.${index}`, TEXT) ?? []);
  return texts.length === 0 ? undefined : texts;
}

/** Anthropic's own object, of which a null says nothing. */
function readThinkingConfig(given: unknown, findings: BodyFindings): Exclude<Thinking, number> | undefined {
  const config = findings.optional(given, "thinking", OBJECT);
  if (!config) return undefined;
  const type = findings.needed(config["type"], "thinking.type", TEXT);
  if (type === "enabled") findings.needed(config["budget_tokens"], "thinking.budget_tokens", NUMBER);
  const said = Object.fromEntries(Object.entries(config).filter(([, value]) => isGiven(value)));
  return type === undefined ? undefined : { ...said, type };
}

/** `output_format` is the name that a beta had for `output_config.format`. */
function readOutputConfig(
  body: Body,
  findings: BodyFindings,
): { effort?: CompletionParameters["reasoning_effort"]; format: [path: string, value: unknown] } {
  const config = findings.optional(body["output_config"], "output_config", OBJECT) ?? {};
  findings.unread(config, "output_config", ["effort", "format"]);
  const given = findings.optional(config["effort"], "output_config.effort", TEXT);
  const effort = REASONING_EFFORTS.find((each) => each === given);
  if (given !== undefined && effort === undefined) findings.untranslate("output_config.effort");
  const { format } = config;
  return {
    effort,
    format: isGiven(format) ? ["output_config.format", format] : ["output_format", body["output_format"]],
  };
}

function readFormat([path, given]: [path: string, value: unknown], findings: BodyFindings): JsonSchema | undefined {
  const format = findings.optional(given, path, OBJECT);
  if (!format) return undefined;
  const type = findings.needed(format["type"], `${path}.type`, TEXT);
  if (type !== undefined && type !== "json_schema") return findings.untranslate(`${path}.type`);
  findings.unread(format, path, ["type", "schema"]);
  return findings.needed(format["schema"], `${path}.schema`, OBJECT);
}
