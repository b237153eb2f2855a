import { MEDIA_FORMS, toMedia } from "../../completions/media.ts";
import type { CacheControl, ContentPart } from "../../completions/message.ts";
import { isRecord } from "../../json-schema/values.ts";
import { isGiven, type BodyFindings } from "../findings.ts";

type ReadPart = (given: Record<string, unknown>, path: string, findings: BodyFindings) => ContentPart | undefined;

const READERS = new Map<string, ReadPart>([
  ["input_text", readText],
  ["output_text", readText],
  ["refusal", readRefusal],
  ["input_image", readImage],
  ["input_file", readFile],
]);

/** The content of a message or of a tool's result: its text, or its parts. */
export function readContent(given: unknown, path: string, findings: BodyFindings): string | ContentPart[] {
  if (typeof given === "string") return given;
  if (Array.isArray(given)) return given.flatMap((part, at) => readPart(part, `${path}.${at}`, findings) ?? []);
  findings.fault(path, "must be a string or a list of content parts");
  return "";
}

/** One part of a content; undefined where it has no counterpart or is faulty. */
export function readPart(given: unknown, path: string, findings: BodyFindings): ContentPart | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  const type = findings.neededText(given["type"], `${path}.type`);
  if (type === undefined) return undefined;
  const read = READERS.get(type);
  if (!read) return findings.unknownType(path, type);
  const cache_control = readBreakpoint(given["prompt_cache_breakpoint"], `${path}.prompt_cache_breakpoint`, findings);
  const part = read(given, path, findings);
  return part && cache_control ? { ...part, cache_control } : part;
}

/**
 * Where the provider may keep the prompt up to. OpenAI's 12 hours become Anthropic's longest time,
 * 1 hour; its half an hour is what OpenAI does unasked.
 */
function readBreakpoint(given: unknown, path: string, findings: BodyFindings): CacheControl | undefined {
  if (!isGiven(given)) return undefined;
  const { mode, ttl } = isRecord(given) ? given : {};
  if (mode === "explicit" && ttl === "12h") return { type: "ephemeral", ttl: "1h" };
  if (mode === "explicit" && (!isGiven(ttl) || ttl === "30m")) return { type: "ephemeral" };
  return findings.untranslate(path);
}

/**
 * The annotations and probabilities of an earlier answer come back with it, and no API takes them.
 * The official client adds `parsed`.
 */
function readText(given: Record<string, unknown>, path: string, findings: BodyFindings): ContentPart | undefined {
  findings.unread(given, path, ["type", "text", "annotations", "logprobs", "parsed", "prompt_cache_breakpoint"]);
  const text = findings.neededText(given["text"], `${path}.text`);
  return text === undefined ? undefined : { type: "text", text };
}

/** What the assistant refused with is what it said. */
function readRefusal(given: Record<string, unknown>, path: string, findings: BodyFindings): ContentPart | undefined {
  findings.unread(given, path, ["type", "refusal", "parsed"]);
  const text = findings.neededText(given["refusal"], `${path}.refusal`);
  return text === undefined ? undefined : { type: "text", text };
}

function readImage(given: Record<string, unknown>, path: string, findings: BodyFindings): ContentPart | undefined {
  findings.unread(given, path, ["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"]);
  const { detail } = given;
  const file_id = findings.text(given["file_id"], `${path}.file_id`);
  const url = findings.text(given["image_url"], `${path}.image_url`);
  const isKnown = detail === "low" || detail === "high" || detail === "auto";
  if (isGiven(detail) && !isKnown) findings.untranslate(`${path}.detail`);
  if (file_id === undefined && url === undefined) return findings.fault(path, "must have an image_url or a file_id");
  const image = toMedia(file_id === undefined ? url : { file_id });
  if (!image) return findings.untranslate(`${path}.image_url`, MEDIA_FORMS);
  return { type: "image", image, ...(isKnown && { detail }) };
}

function readFile(given: Record<string, unknown>, path: string, findings: BodyFindings): ContentPart | undefined {
  const read = ["type", "file_id", "file_url", "file_data", "filename", "prompt_cache_breakpoint"];
  findings.unread(given, path, given["detail"] === "auto" ? [...read, "detail"] : read);
  const file_id = findings.text(given["file_id"], `${path}.file_id`);
  const url = findings.text(given["file_url"], `${path}.file_url`);
  const data = findings.text(given["file_data"], `${path}.file_data`);
  const filename = findings.text(given["filename"], `${path}.filename`);
  if (file_id === undefined && url === undefined && data === undefined) {
    return findings.fault(path, "must have a file_id, a file_url or file_data");
  }
  const file = toMedia(file_id === undefined ? (url ?? data) : { file_id });
  if (!file) {
    return url === undefined
      ? findings.untranslate(`${path}.file_data`, "must be a data: URL in base64")
      : findings.untranslate(`${path}.file_url`, MEDIA_FORMS);
  }
  return { type: "file", file, ...(filename !== undefined && { filename }) };
}
