import type { Alias, Document, Node, Pair, YAMLMap } from "yaml";
import { LineCounter, isAlias, isCollection, isMap, isPair, isScalar, isSeq } from "yaml";
import { AppError } from "../../errors.ts";
import { composeYaml, MAX_FILE_DEPTH, tooDeep, type YamlFault } from "./compose-yaml.ts";

/** Maximum number of values in a prompt file, with its aliases expanded. */
const MAX_VALUES = 100_000;
/** Maximum length of what an error says about a file, in characters. */
const MAX_MESSAGE = 300;
/** A text that YAML takes for a mapping, because it begins with an opening brace. */
const UNQUOTED = /(?:^|[:-][ \t]+)\{[{%]/;
const QUOTE_HINT = `put the text in quotes: "{{ name }}", because YAML takes an unquoted {{ for a mapping`;

/**
 * Reads YAML into plain data, with `version` as it is written. Merge keys (`<<`) are merged. Throws
 * an AppError `bad_request` with line and column for broken YAML, for tags such as `!include`, and
 * for an unquoted `{{ name }}`.
 */
export function readYaml(source: string): { data: unknown; version: string | undefined } {
  const lines = new LineCounter();
  const document = composeYaml(source, lines);
  if ("code" in document) throw refusalOf(document, source, lines);
  const data = new YamlReader(resolveAliases(document, lines), lines).read(document.contents, 0);
  return { data, version: writtenVersion(document) };
}

function refusalOf({ offset, code, message }: YamlFault, source: string, lines: LineCounter): AppError {
  if (code === "TAG_RESOLVE_FAILED") {
    const tag = /(![^\s]{0,80})/.exec(message)?.[1] ?? "";
    return yamlFault(`the tag ${tag} is not supported, put the value itself there`, offset, lines);
  }
  const { line } = lines.linePos(offset);
  const hint = UNQUOTED.test(source.split("\n")[line - 1] ?? "") ? `; ${QUOTE_HINT}` : "";
  return yamlFault(`${message}${hint}`, offset, lines);
}

/** The library repeats what it cannot read, however long it is: the error keeps its beginning. */
function yamlFault(message: string, offset: number, lines: LineCounter): AppError {
  const { line, col } = lines.linePos(offset);
  const shown = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return new AppError("bad_request", `Not YAML: line ${line}, column ${col}: ${shown}`);
}

function writtenVersion(document: Document): string | undefined {
  if (!isMap(document.contents)) return undefined;
  const node: unknown = document.contents.get("version", true);
  return isScalar(node) && typeof node.value === "number" ? node.source : undefined;
}

/**
 * The node that each alias stands for: the last one before it with that anchor. One pass, because
 * `Alias.resolve` walks through the whole document. Throws for two equal keys of a mapping.
 */
function resolveAliases(document: Document, lines: LineCounter): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const walk = (node: unknown, depth: number): void => {
    if (depth > MAX_FILE_DEPTH) throw tooDeep();
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target) targets.set(node, target);
    }
    if (!isScalar(node) && !isCollection(node)) return;
    if (node.anchor) anchors.set(node.anchor, node);
    if (isScalar(node)) return;
    if (isMap(node)) checkUniqueKeys(node, lines);
    for (const item of node.items) {
      if (isPair(item)) walk(item.key, depth + 1);
      walk(isPair(item) ? item.value : item, depth + 1);
    }
  };
  walk(document.contents, 0);
  return targets;
}

function checkUniqueKeys(map: YAMLMap, lines: LineCounter): void {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) throw yamlFault("Map keys must be unique", offsetOf(key), lines);
    seen.add(key.value);
  }
}

/** Turns YAML nodes into plain data. Limits the levels and the values that aliases expand to. */
class YamlReader {
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #lines: LineCounter;
  #values = 0;

  constructor(targets: ReadonlyMap<Alias, Node>, lines: LineCounter) {
    this.#targets = targets;
    this.#lines = lines;
  }

  read(node: unknown, depth: number): unknown {
    this.#count(depth);
    if (isAlias(node)) return this.read(this.#target(node), depth + 1);
    if (isScalar(node)) return typeof node.value === "bigint" ? Number(node.value) : node.value;
    if (!isCollection(node)) return null;
    if (!isMap(node)) return node.items.map((item) => this.read(item, depth + 1));
    return this.#map(node, depth);
  }

  #count(depth: number): void {
    this.#values += 1;
    if (this.#values > MAX_VALUES) throw new AppError("bad_request", `The prompt has more than ${MAX_VALUES} values.`);
    if (depth > MAX_FILE_DEPTH) throw tooDeep();
  }

  #map(node: YAMLMap, depth: number): Record<string, unknown> {
    const own = new Map<string, unknown>();
    const merged = new Map<string, unknown>();
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      if (isMergeKey(pair)) for (const [key, value] of this.#merged(pair.value, depth)) setNew(merged, key, value);
      else own.set(this.#key(pair.key), this.read(pair.value, depth + 1));
    }
    // fromEntries defines properties, so `__proto__` stays an ordinary key.
    return Object.fromEntries(new Map([...merged, ...own]));
  }

  /** The entries of the mapping after `<<`, or of a list of mappings, of which the first wins. */
  #merged(value: unknown, depth: number): [string, unknown][] {
    this.#count(depth);
    const node = isAlias(value) ? this.#target(value) : value;
    if (isMap(node)) return Object.entries(this.#map(node, depth + 1));
    if (isSeq(node)) return node.items.flatMap((item) => this.#merged(item, depth + 1));
    throw yamlFault("only a mapping, or a list of them, can be merged with <<", offsetOf(value), this.#lines);
  }

  #target(alias: Alias): Node {
    const target = this.#targets.get(alias);
    if (target) return target;
    throw yamlFault(`no anchor is named "${alias.source}"`, alias.range?.[0] ?? 0, this.#lines);
  }

  #key(key: unknown): string {
    const node = isAlias(key) ? this.#target(key) : key;
    if (isScalar(node)) return String(node.source ?? node.value);
    const { line, col } = this.#lines.linePos(offsetOf(node));
    const hint = isMap(node) && node.flow === true ? `; ${QUOTE_HINT}` : "";
    throw new AppError(
      "bad_request",
      `Not YAML that a prompt can be: line ${line}, column ${col}: a key must be a text${hint}.`,
    );
  }
}

/** Whether a pair is `<<: …`. A quoted `"<<"` is a key like any other. */
function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.source === "<<" && key.type === "PLAIN";
}

function setNew(map: Map<string, unknown>, key: string, value: unknown): void {
  if (!map.has(key)) map.set(key, value);
}

function offsetOf(node: unknown): number {
  return isCollection(node) || isScalar(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}
