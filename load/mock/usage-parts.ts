import { isObject, isWhole } from "./json.ts";

/**
 * What a usage says beside its sums: parts of the prompt and of the output, uses of tools, and how
 * the call was served. A wire format sends those that it has. Prompt tokens contain the parts.
 */
export interface UsageParts {
  cached?: number;
  cache_write?: number;
  /** The part of `cache_write` that is kept for longer. */
  cache_write_longer?: number;
  audio_input?: number;
  image_input?: number;
  reasoning?: number;
  audio_output?: number;
  /** Anthropic, and OpenAI's Responses. */
  web_searches?: number;
  /** OpenAI's Responses only. */
  file_searches?: number;
  service_tier?: string;
  /** Anthropic only. */
  speed?: string;
  /** Anthropic only. */
  inference_geo?: string;
}

const TEXTS: ReadonlySet<string> = new Set(["service_tier", "speed", "inference_geo"]);
const COUNTS: ReadonlySet<string> = new Set([
  "cached",
  "cache_write",
  "cache_write_longer",
  "audio_input",
  "image_input",
  "reasoning",
  "audio_output",
  "web_searches",
  "file_searches",
]);

/** Whether a value of a profile is {@link UsageParts}. */
export function isUsageParts(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([name, part]) =>
    TEXTS.has(name) ? typeof part === "string" : COUNTS.has(name) && isWhole(part, 0),
  );
}
