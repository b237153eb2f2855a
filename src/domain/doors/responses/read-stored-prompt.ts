import { invalid } from "../../errors.ts";
import { isRecord } from "../../json-schema/values.ts";
import { isGiven, BodyFindings } from "../findings.ts";
import { readPart } from "./read-content.ts";

/** A stored prompt as a body of POST /responses asks for it. */
export interface StoredPromptCall {
  /** The name of a prompt, or an alias such as `pmpt_…`. */
  id: string;
  version?: string;
  /**
   * As our own variables take them: a text, or a `Media` with the `detail` or `filename` that the
   * client gives beside it.
   */
  variables: Record<string, unknown>;
}

/** What a variable may be beside a text. */
const TYPES: readonly unknown[] = ["input_text", "input_image", "input_file"];

/**
 * The `prompt` of a body of POST /responses (`ResponsePrompt` in the openai SDK); undefined without
 * one. Throws AppError `validation_error` with each faulty field, such as
 * `prompt.variables.photo.image_url`.
 */
export function readStoredPrompt({ prompt }: Record<string, unknown>): StoredPromptCall | undefined {
  if (!isGiven(prompt)) return undefined;
  if (!isRecord(prompt)) throw invalid([{ path: "prompt", message: "must be an object" }]);
  const findings = new BodyFindings();
  findings.unread(prompt, "prompt", ["id", "version", "variables"]);
  const id = findings.neededText(prompt["id"] === "" ? undefined : prompt["id"], "prompt.id");
  const version = findings.text(prompt["version"], "prompt.version");
  const variables = readVariables(prompt["variables"], findings);
  // A variable goes into a prompt of ours, so that what has no counterpart cannot be passed on.
  const faults = [...findings.faults, ...findings.untranslated];
  if (id === undefined || faults.length > 0) throw invalid(faults);
  return { id, ...(version !== undefined && { version }), variables };
}

function readVariables(given: unknown, findings: BodyFindings): Record<string, unknown> {
  if (isGiven(given) && !isRecord(given)) findings.fault("prompt.variables", "must be an object");
  if (!isRecord(given)) return {};
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, readVariable(value, `prompt.variables.${name}`, findings)]),
  );
}

function readVariable(given: unknown, path: string, findings: BodyFindings): unknown {
  if (typeof given === "string") return given;
  if (!isRecord(given) || !TYPES.includes(given["type"])) {
    return findings.fault(isRecord(given) ? `${path}.type` : path, `must be a string or ${TYPES.join(", ")}`);
  }
  if (isGiven(given["prompt_cache_breakpoint"])) findings.untranslate(`${path}.prompt_cache_breakpoint`);
  const part = readPart(given, path, findings);
  if (part?.type === "image") {
    const { image, detail = "auto" } = part;
    return detail === "auto" ? image : { ...image, detail };
  }
  if (part?.type === "file") {
    const { file, filename } = part;
    return filename === undefined ? file : { ...file, filename };
  }
  return part?.type === "text" ? part.text : undefined;
}
