import type { Alias, Document, Node } from "yaml";
import { LineCounter, isAlias, isCollection, isMap, isPair, isScalar, parseDocument } from "yaml";
import { AppError, invalid } from "../../errors.ts";
import type { SourceFormat } from "../prompt.ts";

/** Maximum length of a prompt file, in characters. */
export const MAX_FILE_LENGTH = 1 << 20;
/** Maximum nesting of a prompt file, in levels. */
export const MAX_FILE_DEPTH = 64;
/** Maximum number of values in a prompt file, with its aliases expanded. */
const MAX_VALUES = 100_000;
/**
 * Maximum number of open brackets in a file that the YAML parser gets, because the parser recurses.
 */
const MAX_OPEN_BRACKETS = 1_000;

/**
 * A file as plain data. `version` is the version as written, because `1.0` and `1.10` are not
 * numbers.
 */
export interface SourceData {
  data: Record<string, unknown>;
  version: string | undefined;
}

/**
 * Reads a file into plain data. Throws an AppError: `bad_request` for broken YAML (with line and
 * column), for broken JSON and for too deep nesting; `payload_too_large` beyond 1 Mi characters;
 * `validation_error` if the top is not a mapping.
 */
export function readSource(source: string, format: SourceFormat): SourceData {
  if (source.length > MAX_FILE_LENGTH) {
    throw new AppError("payload_too_large", `The prompt has more than ${MAX_FILE_LENGTH} characters.`);
  }
  const { data, version } = format === "json" ? readJson(source) : readYaml(source);
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw invalid([{ path: "", message: "a prompt is a mapping with keys such as name and template" }]);
  }
  return { data: data as Record<string, unknown>, version };
}

function tooDeep(): AppError {
  return new AppError("bad_request", `The prompt nests more than ${MAX_FILE_DEPTH} levels deep.`);
}

function readJson(source: string): { data: unknown; version: string | undefined } {
  let data: unknown;
  try {
    data = JSON.parse(source);
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

function readYaml(source: string): { data: unknown; version: string | undefined } {
  checkBrackets(source);
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const error = document.errors[0];
  if (error) {
    if (error.message.startsWith("Maximum call stack")) throw tooDeep();
    throw yamlFault(error.message, error.pos[0], lines);
  }
  const data = new YamlReader(document, lines).read(document.contents, 0);
  return { data, version: writtenVersion(document) };
}

function yamlFault(message: string, offset: number, lines: LineCounter): AppError {
  const { line, col } = lines.linePos(offset);
  return new AppError("bad_request", `Not YAML: line ${line}, column ${col}: ${message}`);
}

/**
 * Refuses in linear time what only an attack contains. {@link YamlReader} counts the real levels.
 */
function checkBrackets(source: string): void {
  let open = 0;
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at];
    if (char === "[" || char === "{") open += 1;
    else if ((char === "]" || char === "}") && open > 0) open -= 1;
    if (open > MAX_OPEN_BRACKETS) throw tooDeep();
  }
}

function writtenVersion(document: Document): string | undefined {
  if (!isMap(document.contents)) return undefined;
  const node: unknown = document.contents.get("version", true);
  return isScalar(node) && typeof node.value === "number" ? node.source : undefined;
}

/** Turns YAML nodes into plain data. Limits the levels and the values that aliases expand to. */
class YamlReader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  #values = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  read(node: unknown, depth: number): unknown {
    this.#values += 1;
    if (this.#values > MAX_VALUES) throw new AppError("bad_request", `The prompt has more than ${MAX_VALUES} values.`);
    if (depth > MAX_FILE_DEPTH) throw tooDeep();
    if (isAlias(node)) return this.read(this.#target(node), depth + 1);
    if (isScalar(node)) return typeof node.value === "bigint" ? Number(node.value) : node.value;
    if (!isCollection(node)) return null;
    if (!isMap(node)) return node.items.map((item) => this.read(item, depth + 1));
    // fromEntries defines properties, so `__proto__` stays an ordinary key.
    return Object.fromEntries(
      node.items.map((pair) => (isPair(pair) ? [this.#key(pair.key), this.read(pair.value, depth + 1)] : ["", null])),
    );
  }

  #target(alias: Alias): Node {
    const target = alias.resolve(this.#document);
    if (target) return target;
    throw yamlFault(`no anchor is named "${alias.source}"`, alias.range?.[0] ?? 0, this.#lines);
  }

  #key(key: unknown): string {
    const node = isAlias(key) ? this.#target(key) : key;
    if (isScalar(node)) return String(node.source ?? node.value);
    throw new AppError("bad_request", "Not YAML that a prompt can be: a key must be a text.");
  }
}
