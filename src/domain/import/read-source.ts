import { LineCounter, parseDocument, visit } from "yaml";
import { AppError, invalid } from "../errors.ts";
import type { SourceFormat } from "../prompt.ts";

/** How deep a source may nest, in either format. */
export const MAX_DEPTH = 64;
const MAX_ALIASES = 100;

/** A source as plain data. */
export type PlainObject = Record<string, unknown>;

/** Parses a source into a mapping. `bad_request` with line and column where it is not YAML or JSON, 422 where it is no mapping. */
export function readSource(source: string, format: SourceFormat): PlainObject {
  const text = source.replace(/^\uFEFF/, "");
  if (nestsDeeperThan(text, MAX_DEPTH)) throw new AppError("bad_request", `The source nests deeper than ${MAX_DEPTH}.`);
  const value = format === "json" ? readJson(text) : readYaml(text);
  if (!isPlainObject(value)) throw invalid([{ path: "body", message: "must be a mapping with a template" }]);
  return value;
}

/** Whether a value is a mapping, not a list or null. */
export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad_request", `The body is not valid JSON: ${(cause as Error).message.slice(0, 200)}`, {
      cause,
    });
  }
}

function readYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: true,
    logLevel: "silent",
  });
  const [fault] = document.errors;
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const reason = fault.message.split(" at line ")[0];
    throw new AppError("bad_request", `The body is not valid YAML: line ${line}, column ${col}: ${reason}`, {
      cause: fault,
    });
  }
  visit(document, {
    // A bare `version: 1.0` is the text "1.0", not the number 1.
    Pair(_key, pair) {
      const { key, value } = pair as { key: { value?: unknown }; value: { value?: unknown; source?: string } | null };
      if (key.value === "version" && typeof value?.value === "number")
        value.value = value.source ?? String(value.value);
    },
  });
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new AppError("bad_request", "The YAML uses aliases beyond what is allowed.", { cause });
  }
}

/** Counts brackets outside quotes without recursion, so that 100,000 of them cannot exhaust a parser's stack; YAML's block nesting by indentation is bounded likewise. */
function nestsDeeperThan(text: string, limit: number): boolean {
  let open = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === 0x5b || char === 0x7b) open += 1;
    else if (char === 0x5d || char === 0x7d) open = Math.max(0, open - 1);
    if (open > limit) return true;
  }
  return /^(?:[ ]{257,}\S|(?:[-?:] ){65})/m.test(text);
}
