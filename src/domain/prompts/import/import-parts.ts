import * as z from "zod";
import { MEDIA_FORMS, toMedia } from "../../completions/media.ts";
import { cacheControlSchema } from "../../completions/message-schema.ts";
import type { Media } from "../../completions/message.ts";
import type { PromptPart } from "../prompt.ts";
import { type Findings, isMapping } from "./findings.ts";
import type { Placed } from "./placed-template.ts";

/** What is beside the content of each kind of part. */
const OPTIONS = {
  text: z.strictObject({ cache_control: cacheControlSchema.optional() }),
  image: z.strictObject({
    cache_control: cacheControlSchema.optional(),
    detail: z.enum(["low", "high", "auto"]).optional(),
  }),
  file: z.strictObject({ cache_control: cacheControlSchema.optional(), filename: z.string().max(256).optional() }),
  audio: z.strictObject({ cache_control: cacheControlSchema.optional(), format: z.enum(["wav", "mp3"]).optional() }),
};
type PartType = keyof typeof OPTIONS;

/** `{{ name }}` and nothing else: a variable that is taken as it is. */
export const ALONE = /^\s*\{\{-?\s*([\p{L}_][\p{L}\p{N}_]*)\s*-?\}\}\s*$/u;

/**
 * Reads the parts of a message's content. Adds faults to `findings`, and templates and variables to
 * `placed`.
 */
export function importParts(parts: readonly unknown[], path: string, placed: Placed, findings: Findings): PromptPart[] {
  return parts.flatMap((part: unknown, index) => importPart(part, `${path}.${index}`, placed, findings));
}

function importPart(part: unknown, path: string, placed: Placed, findings: Findings): PromptPart[] {
  if (!isMapping(part)) {
    findings.fault(path, "must be a mapping with a type");
    return [];
  }
  const { type = "text", ...rest } = fromOpenAI(part);
  if (typeof type !== "string" || !isPartType(type)) {
    findings.fault(`${path}.type`, `must be text, image, file or audio, not ${JSON.stringify(type)}`);
    return [];
  }
  const { [type]: content, ...beside } = rest;
  const options = OPTIONS[type].safeParse(beside);
  if (!options.success) {
    for (const { path: place, message } of options.error.issues) findings.fault([path, ...place].join("."), message);
    return [];
  }
  const found =
    type === "text"
      ? toText(content, `${path}.text`, placed, findings)
      : toMedium(type, content, path, placed, findings);
  return found === undefined ? [] : [{ ...options.data, type, [type]: found } as PromptPart];
}

function isPartType(type: string): type is PartType {
  return Object.hasOwn(OPTIONS, type);
}

function toText(content: unknown, path: string, placed: Placed, findings: Findings): string | undefined {
  if (typeof content !== "string") {
    findings.fault(path, "must be a text");
    return undefined;
  }
  placed.templates.push({ text: content, path });
  return content;
}

/** A medium as it is, a variable that holds one, or a template that makes its URL. */
function toMedium(
  type: Exclude<PartType, "text">,
  content: unknown,
  path: string,
  placed: Placed,
  findings: Findings,
): string | Media | undefined {
  const place = `${path}.${type}`;
  if (typeof content === "string" && content.includes("{")) {
    const [, name] = ALONE.exec(content) ?? [];
    if (name === undefined) placed.templates.push({ text: content, path: place });
    else placed.variables.push({ name, path: place, type });
    return content;
  }
  const medium = toMedia(content);
  if (!medium) findings.fault(place, MEDIA_FORMS);
  return medium;
}

/** The part as this format writes it, where it has the form of OpenAI's API. */
function fromOpenAI(part: Record<string, unknown>): Record<string, unknown> {
  const { type, image_url, ...rest } = part;
  if (type !== "image_url") return part;
  if (!isMapping(image_url)) return { ...rest, type: "image", image: image_url };
  const { url, detail } = image_url;
  return { ...rest, type: "image", image: url, ...(detail === undefined ? {} : { detail }) };
}
