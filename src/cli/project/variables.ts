import { readFileSync } from "node:fs";
import { extname, resolve } from "node:path";
import type { DeclaredVariable } from "../../client/index.ts";
import { UsageError } from "../errors.ts";
import { readTextFile, whyUnreadable } from "./read-text.ts";

/** The variables of a prompt as it declares them. */
export type DeclaredVariables = Readonly<Record<string, DeclaredVariable>>;

const MEDIA: ReadonlySet<string> = new Set(["image", "file", "audio"]);

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".pdf": "application/pdf",
  ".txt": "text/plain",
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
};

/**
 * Reads `--var name=value` into what the prompt takes. The server converts nothing, so a value is
 * made what the prompt declares: text stays text, numbers, booleans, lists, objects and messages
 * are read as JSON. `name=@file` takes the text of a file, or for an image, a file or audio its
 * bytes.
 */
export function readVariables(
  written: readonly string[],
  declared: DeclaredVariables,
  { cwd, input }: { cwd: string; input?: string },
): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const each of written) {
    const at = each.indexOf("=");
    if (at < 1) throw new UsageError(`--var ${each} has no value: write --var name=value or --var name=@file.`);
    const [name, value] = [each.slice(0, at), each.slice(at + 1)];
    variables[name] = valueOf(name, value, declared[name]?.type ?? "string", { cwd, input });
  }
  return variables;
}

function valueOf(
  name: string,
  written: string,
  type: string,
  { cwd, input }: { cwd: string; input?: string },
): unknown {
  if (written === "@-") return typedValue(name, input ?? "", type);
  if (!written.startsWith("@")) return typedValue(name, written, type);
  const file = resolve(cwd, written.slice(1));
  return MEDIA.has(type) ? mediaOf(name, file) : typedValue(name, readText(name, file), type);
}

/** What a text means as a value of a type: the same text, or for any other type its JSON. */
export function typedValue(name: string, text: string, type: string): unknown {
  if (type === "string" || MEDIA.has(type)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(
      `${name}: the prompt takes ${articled(type)}, so write it as JSON, such as ${exampleOf(type)}.`,
    );
  }
}

function readText(name: string, file: string): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw new UsageError(`--var ${name}: ${file} ${whyUnreadable(error)}.`);
  }
}

function mediaOf(name: string, file: string): { data: string; media_type: string } {
  const media_type = MEDIA_TYPES[extname(file).toLowerCase()];
  if (media_type === undefined)
    throw new UsageError(`--var ${name}: what kind of media ${file} is cannot be told by its ending.`);
  try {
    return { data: readFileSync(file).toString("base64"), media_type };
  } catch {
    throw new UsageError(`--var ${name}: ${file} cannot be read.`);
  }
}

function articled(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function exampleOf(type: string): string {
  const examples: Record<string, string> = { number: "0.5", integer: "3", boolean: "true", list: '\'["a","b"]\'' };
  return examples[type] ?? '\'{"key":"value"}\'';
}
