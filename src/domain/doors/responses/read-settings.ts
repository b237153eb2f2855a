import {
  type CompletionInput,
  type CompletionParameters,
  REASONING_EFFORTS,
  VERBOSITIES,
} from "../../completions/completion.ts";
import { isRecord } from "../../json-schema/values.ts";
import { isGiven, type BodyFindings } from "../findings.ts";

/** The fields of a body that become settings. */
export const SETTING_FIELDS: readonly string[] = [
  "temperature",
  "top_p",
  "max_output_tokens",
  "service_tier",
  "prompt_cache_key",
  "reasoning",
  "text",
];

type AskedSettings = Pick<CompletionInput, "parameters" | "output_schema" | "output_format" | "reasoning">;

/** What JSON mode allows: any object. */
const ANY_OBJECT = { type: "object", additionalProperties: true };

/** The reasoning as OpenAI gives it to clients that keep the conversation themselves. */
export const ENCRYPTED_REASONING = "reasoning.encrypted_content";

/**
 * Reads the parameters, the form of the answer, and whether the client wants the reasoning: to read
 * its summary, or to send it back. A value of the right type that is none of ours, such as an
 * effort of tomorrow, is no fault: a server that speaks this format may know it.
 */
export function readSettings(body: Record<string, unknown>, findings: BodyFindings): AskedSettings {
  const { temperature, top_p, max_output_tokens, service_tier, prompt_cache_key, include } = body;
  const text = readObject(body["text"], "text", ["format", "verbosity"], findings);
  const reasoning = readReasoning(body["reasoning"], findings);
  const parameters = {
    temperature: readNumber(temperature, "temperature", { from: 0, to: 2 }, findings),
    top_p: readNumber(top_p, "top_p", { from: 0, to: 1 }, findings),
    max_tokens: readNumber(max_output_tokens, "max_output_tokens", { from: 1, to: Infinity }, findings),
    reasoning_effort: findings.word(REASONING_EFFORTS, reasoning["effort"], "reasoning.effort"),
    verbosity: findings.word(VERBOSITIES, text["verbosity"], "text.verbosity"),
    service_tier: findings.text(service_tier, "service_tier"),
    prompt_cache_key: findings.text(prompt_cache_key, "prompt_cache_key"),
  };
  const isSentBack = Array.isArray(include) && include.includes(ENCRYPTED_REASONING);
  return {
    parameters: defined(parameters),
    ...readFormat(text["format"], findings),
    ...((tellsSummary(body) || isSentBack) && { reasoning: true }),
  };
}

/** Whether a client wants to read a summary of the reasoning. */
export function tellsSummary({ reasoning }: Record<string, unknown>): boolean {
  return isRecord(reasoning) && (isGiven(reasoning["summary"]) || isGiven(reasoning["generate_summary"]));
}

function defined(parameters: { [Name in keyof CompletionParameters]: CompletionParameters[Name] | undefined }) {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined),
  ) satisfies CompletionParameters;
}

/** The members of an object; none where it is absent. */
function readObject(
  given: unknown,
  path: string,
  read: readonly string[],
  findings: BodyFindings,
): Record<string, unknown> {
  if (isRecord(given)) {
    findings.unread(given, path, read);
    return given;
  }
  if (isGiven(given)) findings.fault(path, "must be an object");
  return {};
}

/** `generate_summary` is the older name of `summary`. Other members may say what is so anyway. */
function readReasoning(given: unknown, findings: BodyFindings): Record<string, unknown> {
  const { context, mode } = isRecord(given) ? given : {};
  const unsaid = [...(context === "auto" ? ["context"] : []), ...(mode === "standard" ? ["mode"] : [])];
  const reasoning = readObject(given, "reasoning", ["effort", "summary", "generate_summary", ...unsaid], findings);
  findings.text(reasoning["summary"], "reasoning.summary");
  findings.text(reasoning["generate_summary"], "reasoning.generate_summary");
  return reasoning;
}

function readNumber(
  given: unknown,
  name: string,
  { from, to }: { from: number; to: number },
  findings: BodyFindings,
): number | undefined {
  if (!isGiven(given)) return undefined;
  const isWhole = to === Infinity;
  if (typeof given !== "number" || (isWhole && !Number.isInteger(given))) {
    return findings.fault(name, isWhole ? "must be an integer" : "must be a number");
  }
  if (given >= from && given <= to) return given;
  return findings.untranslate(name, isWhole ? `must be at least ${from}` : `must be from ${from} to ${to}`);
}

/**
 * JSON mode (`json_object`) becomes the schema of any object, which all providers can be asked for.
 */
function readFormat(given: unknown, findings: BodyFindings): Pick<CompletionInput, "output_schema" | "output_format"> {
  const format = readObject(given, "text.format", ["type", "name", "description", "schema", "strict"], findings);
  if (!isRecord(given)) return {};
  const type = findings.neededText(format["type"], "text.format.type");
  if (type === undefined || type === "text") return {};
  if (type === "json_object") return { output_schema: ANY_OBJECT };
  if (type !== "json_schema") return findings.unknownType("text.format", type) ?? {};
  const name = findings.neededText(format["name"], "text.format.name");
  const description = findings.text(format["description"], "text.format.description");
  const strict = findings.flag(format["strict"], "text.format.strict") ?? false;
  const { schema } = format;
  if (!isRecord(schema)) return findings.fault("text.format.schema", "must be an object") ?? {};
  if (name === undefined) return {};
  return { output_schema: schema, output_format: { name, strict, ...(description !== undefined && { description }) } };
}
