import { MEDIA_FORMS, toMedia } from "../../completions/media.ts";
import type { CacheControl, ContentPart } from "../../completions/message.ts";
import { isRecord } from "../../json-schema/values.ts";
import { type BodyFindings, isGiven } from "../findings.ts";

/** Reads what a part's type is the name of: `image_url` in a part of the type `image_url`. */
type ReadPart = (given: unknown, path: string, findings: BodyFindings) => ContentPart | undefined;

const READERS = new Map<string, ReadPart>([
  ["text", readText],
  // What the assistant refused with is what it said.
  ["refusal", readText],
  ["image_url", readImage],
  ["input_audio", readAudio],
  ["file", readFile],
]);

/** A message's content: its text, or its parts. A null is an empty text where it `mayBeNull`. */
export function readContent(
  given: unknown,
  path: string,
  findings: BodyFindings,
  { mayBeNull }: { mayBeNull: boolean },
): string | ContentPart[] {
  if (typeof given === "string") return given;
  if (Array.isArray(given)) return given.flatMap((part, at) => readPart(part, `${path}.${at}`, findings) ?? []);
  if (isGiven(given) || !mayBeNull) findings.fault(path, "must be a string or a list of content parts");
  return "";
}

/**
 * Where the provider may keep the prompt up to: OpenAI's `prompt_cache_breakpoint`, or Anthropic's
 * `cache_control` as clients of OpenRouter and LiteLLM write it. OpenAI's 12 hours become
 * Anthropic's longest time, 1 hour; its half an hour is what OpenAI does unasked.
 */
export function readCacheControl(
  { cache_control, prompt_cache_breakpoint }: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): CacheControl | undefined {
  if (isGiven(cache_control)) {
    const { type, ttl } = isRecord(cache_control) ? cache_control : {};
    if (type === "ephemeral" && !isGiven(ttl)) return { type };
    if (type === "ephemeral" && (ttl === "5m" || ttl === "1h")) return { type, ttl };
    return findings.untranslate(`${path}.cache_control`);
  }
  if (!isGiven(prompt_cache_breakpoint)) return undefined;
  const { mode, ttl } = isRecord(prompt_cache_breakpoint) ? prompt_cache_breakpoint : {};
  if (mode === "explicit" && ttl === "12h") return { type: "ephemeral", ttl: "1h" };
  if (mode === "explicit" && (!isGiven(ttl) || ttl === "30m")) return { type: "ephemeral" };
  return findings.untranslate(`${path}.prompt_cache_breakpoint`);
}

function readPart(given: unknown, path: string, findings: BodyFindings): ContentPart | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  const type = findings.neededText(given["type"], `${path}.type`);
  if (type === undefined) return undefined;
  const read = READERS.get(type);
  if (!read) return findings.untranslate(`${path}.type`, `"${type}" has no counterpart in other APIs`);
  findings.unread(given, path, ["type", type, "cache_control", "prompt_cache_breakpoint"]);
  const cache_control = readCacheControl(given, path, findings);
  const part = read(given[type], `${path}.${type}`, findings);
  return part && cache_control ? { ...part, cache_control } : part;
}

function readText(given: unknown, path: string, findings: BodyFindings): ContentPart | undefined {
  const text = findings.neededText(given, path);
  return text === undefined ? undefined : { type: "text", text };
}

/** Some clients give the URL alone. */
function readImage(given: unknown, path: string, findings: BodyFindings): ContentPart | undefined {
  const described = typeof given === "string" ? { url: given } : given;
  if (!isRecord(described)) return findings.fault(path, "must be an object");
  findings.unread(described, path, ["url", "detail"]);
  const { detail } = described;
  const url = findings.neededText(described["url"], `${path}.url`);
  const image = toMedia(url);
  if (url !== undefined && !image) findings.untranslate(`${path}.url`, MEDIA_FORMS);
  const isKnown = detail === "low" || detail === "high" || detail === "auto";
  if (isGiven(detail) && !isKnown) findings.untranslate(`${path}.detail`);
  return image && { type: "image", image, ...(isKnown && { detail }) };
}

function readAudio(given: unknown, path: string, findings: BodyFindings): ContentPart | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  findings.unread(given, path, ["data", "format"]);
  const data = findings.neededText(given["data"], `${path}.data`);
  const format = findings.neededText(given["format"], `${path}.format`);
  if (data === undefined || format === undefined) return undefined;
  const isKnown = format === "wav" || format === "mp3";
  if (!isKnown) findings.untranslate(`${path}.format`);
  const media_type = format === "mp3" ? "audio/mpeg" : `audio/${format}`;
  return { type: "audio", audio: { data, media_type }, ...(isKnown && { format }) };
}

function readFile(given: unknown, path: string, findings: BodyFindings): ContentPart | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  findings.unread(given, path, ["file_id", "file_data", "filename"]);
  const file_id = findings.text(given["file_id"], `${path}.file_id`);
  const file_data = findings.text(given["file_data"], `${path}.file_data`);
  const filename = findings.text(given["filename"], `${path}.filename`);
  if (file_id === undefined && file_data === undefined) {
    return findings.fault(path, "must have a file_id or file_data");
  }
  const file = toMedia(file_id === undefined ? file_data : { file_id });
  if (!file) return findings.untranslate(`${path}.file_data`, "must be a data: URL in base64");
  return { type: "file", file, ...(filename !== undefined && { filename }) };
}
