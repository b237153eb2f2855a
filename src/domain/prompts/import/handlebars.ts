import { MAX_SYNTAX_DEPTH } from "../../template/limits.ts";
import type { Findings } from "./findings.ts";
import type { SourceBody } from "./read-source.ts";

/**
 * `{{…}}`, `{{{…}}}`, a comment, or a tag that a backslash escapes. A tag has at most 2,000
 * characters.
 */
const TAG = /\\?\{\{\{?(~?)(!--[^]{0,2000}?--|[^{}]{0,2000}?)(~?)\}\}\}?/gu;
const PATH = /^(?:\.\.\/|@root\.|this[./])*[\p{L}_@][\p{L}\p{N}_@]*(?:(?:\.|\/|\.\[)[\p{L}\p{N}_]+\]?)*$/u;
const LITERAL = /^(?:"[^"\\]*"|'[^'\\]*'|-?\d+(?:\.\d+)?|true|false)$/;
/** What a template of ours would read as a tag, though it is text in Handlebars. */
const JINJA_OPENING = /\{[%#]/g;

/** Faults of one body that are reported. */
const MAX_FAULTS = 20;

/** A text of a message, or a medium in it: an expression of Jinja or an address. */
export type ConvertedPart = { type: "text"; text: string } | { type: MediaType; medium: string };

/** What a medium is by its `contentType`. */
type MediaType = "image" | "audio" | "file";

/** One message of a dotprompt body, or the conversation that `{{history}}` stands for. */
export type ConvertedMessage = { role: string; parts: ConvertedPart[] } | { placeholder: "history" };

/** A block that is open: its helper, its line, and the variable that names mean inside of it. */
interface OpenBlock {
  helper: string;
  line: number;
  /** The loop's variable; undefined where the block does not change what names mean. */
  item: string | undefined;
}

/**
 * Turns a Handlebars template with dotprompt's helpers into messages of Jinja: `if`, `unless`,
 * `each`, `ifEquals`, `unlessEquals`, `json`, `role`, `history`, `media`. What has no counterpart
 * adds a fault with its line to `findings`.
 */
export function fromHandlebars(source: SourceBody, findings: Findings): ConvertedMessage[] {
  return new Converter(source, findings).convert();
}

class Converter {
  readonly #source: string;
  readonly #findings: Findings;
  readonly #open: OpenBlock[] = [];
  readonly #messages: ConvertedMessage[] = [{ role: "user", parts: [] }];

  #line: number;
  #counted = 0;
  #faults = 0;

  constructor({ text, line }: SourceBody, findings: Findings) {
    this.#source = text;
    this.#line = line;
    this.#findings = findings;
  }

  convert(): ConvertedMessage[] {
    let from = 0;
    for (const { 0: whole, 1: left = "", 2: inner = "", 3: right = "", index } of this.#source.matchAll(TAG)) {
      const tag = inner.trim();
      const line = this.#lineOf(index);
      const isEscaped = whole.startsWith("\\");
      const span = isEscaped ? { start: index, end: index + whole.length } : this.#span(tag, index, whole.length);
      this.#write(escapeText(this.#source.slice(from, Math.max(from, span.start))));
      from = span.end;
      if (isEscaped) this.#write(`{{ ${JSON.stringify(whole.slice(1))} }}`);
      else this.#tag(tag, line, { open: left ? "-" : "", close: right ? "-" : "" });
    }
    this.#write(escapeText(this.#source.slice(from)));
    const unclosed = this.#open.at(-1);
    if (unclosed) this.#fault(unclosed.line, `{{#${unclosed.helper}}} is never closed`);
    return this.#messages
      .map((message) => ("placeholder" in message ? message : { ...message, parts: trimmedParts(message.parts) }))
      .filter((message) => "placeholder" in message || message.parts.length > 0);
  }

  /** Handlebars removes the line of a block's tag that stands alone on it. */
  #span(tag: string, index: number, length: number): { start: number; end: number } {
    let [start, end] = [index, index + length];
    if (!/^[#/!]|^else\b/.test(tag)) return { start, end };
    while (isBlank(this.#source.charAt(start - 1))) start -= 1;
    while (isBlank(this.#source.charAt(end))) end += 1;
    const beginsLine = start === 0 || this.#source.charAt(start - 1) === "\n";
    if (!beginsLine || !/^(?:\n|$)/.test(this.#source.slice(end, end + 1)))
      return { start: index, end: index + length };
    return { start, end: end + 1 };
  }

  #write(text: string): void {
    const message = this.#messages.at(-1);
    if (!message || "placeholder" in message) return;
    const last = message.parts.at(-1);
    if (last?.type === "text") last.text += text;
    else message.parts.push({ type: "text", text });
  }

  #tag(tag: string, line: number, strip: { open: string; close: string }): void {
    if (tag.startsWith("!")) return;
    const [helper = "", ...words] = tag.match(/"[^"]*"|'[^']*'|[^\s]+/g) ?? [];
    const statement = (text: string): void => this.#write(`{%${strip.open} ${text} ${strip.close}%}`);
    if (helper.startsWith("#")) this.#begin(helper.slice(1), words, line, statement);
    else if (helper.startsWith("/")) this.#end(helper.slice(1), line, statement);
    else if (helper === "else") this.#else(words, line, statement);
    else if (helper === "role") this.#role(words, line);
    else if (helper === "history" && words.length === 0) this.#history(line);
    else if (helper === "media") this.#media(words, line);
    else if (helper === "json" && words.length === 1) {
      this.#write(`{{${strip.open} ${this.#value(words[0] ?? "", line)} | tojson ${strip.close}}}`);
    } else if (words.length === 0 && PATH.test(helper)) {
      this.#write(`{{${strip.open} ${this.#value(helper, line)} ${strip.close}}}`);
    } else this.#fault(line, `{{${tag.slice(0, 80)}}} has no counterpart here`);
  }

  #begin(helper: string, words: string[], line: number, statement: (text: string) => void): void {
    const [first = "", second = ""] = words;
    if (this.#open.length === MAX_SYNTAX_DEPTH) {
      return this.#fault(line, `blocks nest more than ${MAX_SYNTAX_DEPTH} levels deep`);
    }
    const open = (item?: string): number => this.#open.push({ helper, line, item });
    if (helper === "if" && words.length === 1) statement(`if ${this.#value(first, line)}`);
    else if (helper === "unless" && words.length === 1) statement(`if not ${this.#value(first, line)}`);
    else if (helper === "ifEquals" && words.length === 2) {
      statement(`if ${this.#value(first, line)} == ${this.#value(second, line)}`);
    } else if (helper === "unlessEquals" && words.length === 2) {
      statement(`if ${this.#value(first, line)} != ${this.#value(second, line)}`);
    } else if (helper === "each" && words.length === 1) {
      const item = `this_item${this.#loops().length || ""}`;
      statement(`for ${item} in ${this.#value(first, line)}`);
      open(item);
      return;
    } else this.#fault(line, `{{#${[helper, ...words].join(" ").slice(0, 80)}}} has no counterpart here`);
    open();
  }

  #else(words: string[], line: number, statement: (text: string) => void): void {
    const [helper = "", condition = ""] = words;
    if (this.#open.length === 0) this.#fault(line, "{{else}} is outside a block");
    else if (words.length === 0) statement("else");
    else if (helper === "if" && words.length === 2) statement(`elif ${this.#value(condition, line)}`);
    else this.#fault(line, `{{else ${words.join(" ").slice(0, 80)}}} has no counterpart here`);
  }

  #end(helper: string, line: number, statement: (text: string) => void): void {
    const open = this.#open.pop();
    if (open?.helper !== helper) {
      this.#fault(
        line,
        `{{/${helper.slice(0, 80)}}} closes ${open ? `{{#${open.helper}}} of line ${open.line}` : "nothing"}`,
      );
    } else statement(helper === "each" ? "endfor" : "endif");
  }

  #role([name = ""]: string[], line: number): void {
    if (this.#open.length > 0) return this.#fault(line, "{{role}} cannot stand inside a block");
    this.#messages.push({ role: name.replace(/^["']|["']$/g, ""), parts: [] });
  }

  /** The text after it is the model's until a role is named, as dotprompt has it. */
  #history(line: number): void {
    if (this.#open.length > 0) return this.#fault(line, "{{history}} cannot stand inside a block");
    this.#messages.push({ placeholder: "history" }, { role: "model", parts: [] });
  }

  #media(words: string[], line: number): void {
    const named = new Map(
      words
        .join(" ")
        .split(/ (?=\w+=)/)
        .map((word) => splitAt(word, "=")),
    );
    const url = named.get("url") ?? "";
    const message = this.#messages.at(-1);
    if (this.#open.length > 0) return this.#fault(line, "{{media}} cannot stand inside a block");
    if (url === "") return this.#fault(line, "{{media}} needs a url: {{media url=photo}}");
    const type = mediaType(named.get("contentType") ?? "");
    const medium = /^["']/.test(url) ? url.slice(1, -1) : `{{ ${this.#value(url, line)} }}`;
    if (message && "parts" in message) message.parts.push({ type, medium });
  }

  #loops(): string[] {
    return this.#open.flatMap(({ item }) => (item === undefined ? [] : [item]));
  }

  /** A path or a literal as an expression. Inside `each`, a bare name is a key of the item. */
  #value(path: string, line: number): string {
    if (LITERAL.test(path)) return path;
    if (!PATH.test(path)) {
      this.#fault(line, `${JSON.stringify(path.slice(0, 80))} has no counterpart here`);
      return "none";
    }
    const loopNames = new Map([
      ["@index", "loop.index0"],
      ["@first", "loop.first"],
      ["@last", "loop.last"],
    ]);
    const special = loopNames.get(path);
    if (special !== undefined) return special;
    const loops = path.startsWith("@root.") ? [] : this.#loops();
    const ups = path.match(/\.\.\//g)?.length ?? 0;
    const owner = loops.slice(0, loops.length - ups).at(-1);
    const rest = path.replace(/^(?:\.\.\/)+|^@root\./, "").replace(/^this(?:[./]|$)/, "");
    if (rest.includes("@")) {
      this.#fault(line, `${path.slice(0, 80)} has no counterpart here`);
      return "none";
    }
    const names = rest.replaceAll(/[/]|\.\[/g, ".").replaceAll("]", "");
    if (owner === undefined && names === "") this.#fault(line, "{{this}} is outside {{#each}}");
    return [owner, names].filter(Boolean).join(".");
  }

  /** The line of a position. Positions come in order, so each line is counted once. */
  #lineOf(position: number): number {
    for (let at = this.#source.indexOf("\n", this.#counted); at !== -1 && at < position;) {
      this.#line += 1;
      this.#counted = at + 1;
      at = this.#source.indexOf("\n", this.#counted);
    }
    return this.#line;
  }

  #fault(line: number, message: string): void {
    this.#faults += 1;
    if (this.#faults <= MAX_FAULTS) this.#findings.fault("template", `line ${line}: ${message}`);
  }
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\r";
}

function escapeText(text: string): string {
  return text.replace(JINJA_OPENING, (opening) => `{{ '${opening}' }}`);
}

/** The parts without white space at their ends and without empty texts. */
function trimmedParts(parts: readonly ConvertedPart[]): ConvertedPart[] {
  return parts.flatMap((part, at): ConvertedPart[] => {
    if (part.type !== "text") return [part];
    const text = at === 0 ? part.text.trimStart() : part.text;
    const ended = at === parts.length - 1 ? text.trimEnd() : text;
    return ended.trim() === "" ? [] : [{ ...part, text: ended }];
  });
}

function mediaType(contentType: string): MediaType {
  if (/^["']?audio\//.test(contentType)) return "audio";
  return contentType === "" || /^["']?image\//.test(contentType) ? "image" : "file";
}

function splitAt(text: string, sign: string): [string, string] {
  const at = text.indexOf(sign);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
