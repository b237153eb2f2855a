import { AppError, invalid } from "../../errors.ts";
import type { SourceFormat } from "../prompt.ts";
import { MAX_FILE_DEPTH, tooDeep } from "./compose-yaml.ts";
import { readYaml } from "./read-yaml.ts";

const MAPPING_HINT = "a prompt is a mapping with keys such as name and template";

/** Maximum length of a prompt file, in characters. */
export const MAX_FILE_LENGTH = 1 << 20;

/**
 * A file as plain data. `version` is the version as written, because `1.0` and `1.10` are not
 * numbers.
 */
export interface SourceData {
  data: Record<string, unknown>;
  version: string | undefined;
  /** The text below the front matter, in a format that has one: `.prompty` and dotprompt. */
  body?: SourceBody;
}

/** A text below the front matter of a file, and the line of the file where it begins. */
export interface SourceBody {
  text: string;
  line: number;
}

/**
 * YAML between two lines of `---`, and a text below: the form of `.prompty` and dotprompt files.
 * Comments, such as a license, may stand before. The search for both lines is linear, because a
 * line is read once, and in one way: a carriage return before its end belongs to what is before
 * that.
 */
const FRONT_MATTER = /^\uFEFF?((?:[ \t\r]*(?:#[^\n]*)?\n)*)---[ \t]*\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)([^]*)$/;

/**
 * Reads a file into plain data. Throws an AppError: `bad_request` for broken YAML (with line and
 * column), for broken JSON and for too deep nesting; `payload_too_large` beyond 1 Mi characters;
 * `validation_error` if the top is not a mapping, whose detail is `hint`.
 */
export function readSource(source: string, format: SourceFormat, hint = MAPPING_HINT): SourceData {
  if (source.length > MAX_FILE_LENGTH) {
    throw new AppError("payload_too_large", `The file has more than ${MAX_FILE_LENGTH} characters.`);
  }
  const [, header = "", front, body = ""] = (format === "yaml" && FRONT_MATTER.exec(source)) || [];
  // The lines up to the first `---` count, too, where a fault names its line.
  const above = header.replaceAll(/[^\n]/g, "");
  const { data, version } = format === "json" ? readJson(source) : readYaml(front ? `${above}\n${front}` : source);
  const line = source.slice(0, source.length - body.length).split("\n").length;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw invalid([{ path: "", message: hint }]);
  }
  return {
    data: data as Record<string, unknown>,
    version,
    ...(body.trim() === "" ? {} : { body: { text: body, line } }),
  };
}

function readJson(source: string): { data: unknown; version: string | undefined } {
  let data: unknown;
  try {
    data = JSON.parse(source.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw new AppError("bad_request", `Not JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  checkDepth(data);
  const version: unknown = typeof data === "object" && data !== null ? Reflect.get(data, "version") : undefined;
  return { data, version: typeof version === "number" ? String(version) : undefined };
}

/** Walks with an explicit stack, because the caller controls the nesting. */
function checkDepth(data: unknown): void {
  const pending = [{ value: data, depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth >= MAX_FILE_DEPTH) throw tooDeep();
    for (const child of Object.values(value)) pending.push({ value: child, depth: depth + 1 });
  }
}
