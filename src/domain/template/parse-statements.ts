import type { CallBlock, Expression, FilterCall, For, If, Macro, SetBlock, Statement } from "./ast.ts";
import { parseParameters } from "./parse-arguments.ts";
import { parseExpression, parseFilterCall, parseOperation, parseTuple } from "./parse-expression.ts";
import { parseTarget, parseTargetName } from "./parse-target.ts";
import { lineOf } from "./template-source.ts";
import type { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";
import { trimmed } from "./trimmed.ts";

/** The tags that belong to a block, and the blocks that have them. */
const MIDDLE_TAGS: ReadonlyMap<string, string> = new Map([
  ["elif", "if"],
  ["else", "if or for"],
]);
const END_TAGS: ReadonlySet<string> = new Set(["endif", "endfor", "endmacro", "endcall", "endfilter", "endset"]);
const LOADER_TAGS: ReadonlySet<string> = new Set(["import", "from", "extends", "block"]);

/** A block whose end was not reached yet. */
interface OpenBlock {
  /** The name in its opening tag. */
  tag: Token;
  /** The tags that end its current body. */
  ends: readonly string[];
}

/**
 * Parses a whole template. Throws an AppError `validation_error` that names the line and column.
 */
export function parseStatements(stream: TokenStream): readonly Statement[] {
  return new StatementParser(stream).parse();
}

class StatementParser {
  readonly #stream: TokenStream;
  readonly #open: OpenBlock[] = [];
  #loops = 0;

  constructor(stream: TokenStream) {
    this.#stream = stream;
  }

  /**
   * Parses statements up to the tag that ends the innermost block, and leaves the name of that tag
   * as the current token.
   */
  parse(): readonly Statement[] {
    const stream = this.#stream;
    const statements: Statement[] = [];
    stream.enter();
    while (!stream.is("end")) {
      const { kind, value } = stream.next();
      if (kind === "text") {
        statements.push({ type: "Text", value });
      } else if (kind === "{{") {
        statements.push({ type: "Output", expression: parseTuple(stream) });
        stream.expect("}}");
      } else if (this.#isBlockEnd()) {
        stream.leave();
        return trimmed(statements);
      } else {
        statements.push(this.#tag());
        stream.expect("%}");
      }
    }
    const unclosed = this.#open.at(-1);
    if (unclosed) throw stream.fault(neverClosed(unclosed.tag.value), unclosed.tag);
    stream.leave();
    return trimmed(statements);
  }

  #isBlockEnd(): boolean {
    const { kind, value } = this.#stream.current;
    return kind === "name" && this.#open.at(-1)?.ends.includes(value) === true;
  }

  /** Parses a body up to the tag that ends it, and returns it with the name of that tag. */
  #body(tag: Token, ends: readonly string[]): { body: readonly Statement[]; end: string } {
    this.#stream.skip(":");
    this.#stream.expect("%}");
    this.#open.push({ tag, ends });
    const body = this.parse();
    this.#open.pop();
    return { body, end: this.#stream.next().value };
  }

  #tag(): Statement {
    const tag = this.#stream.expect("name", "the name of a tag after {%");
    switch (tag.value) {
      case "if":
        return this.#if(tag);
      case "for":
        return this.#for(tag);
      case "set":
        return this.#set(tag);
      case "macro":
        return this.#macro(tag);
      case "call":
        return this.#call(tag);
      case "filter":
        return { type: "FilterBlock", filters: this.#filters(), body: this.#body(tag, ["endfilter"]).body };
      case "break":
      case "continue":
        if (this.#loops === 0) throw this.#stream.fault(`{% ${tag.value} %} outside a loop`, tag);
        return { type: tag.value === "break" ? "Break" : "Continue" };
      default:
        throw this.#stream.fault(this.#misplaced(tag), tag);
    }
  }

  /** What is wrong with a tag that does not begin a statement. */
  #misplaced({ value }: Token): string {
    const blocks = MIDDLE_TAGS.get(value);
    if (blocks !== undefined) return `{% ${value} %} has no ${blocks} block to belong to`;
    if (value === "include") return "{% include %} is resolved when a prompt is published, not here";
    if (LOADER_TAGS.has(value)) return `{% ${value} %} is not supported: a prompt is one self-contained template`;
    if (!END_TAGS.has(value)) return `unknown tag {% ${value} %}`;
    const open = this.#open.at(-1)?.tag;
    if (!open) return `{% ${value} %} closes nothing`;
    const line = lineOf(this.#stream.source, open.position);
    return `{% ${value} %} cannot close the {% ${open.value} %} of line ${line}`;
  }

  #if(tag: Token): If {
    const test = parseTuple(this.#stream, parseOperation);
    const { body, end } = this.#body(tag, ["elif", "else", "endif"]);
    return { type: "If", test, body, alternate: this.#alternate(tag, end) };
  }

  #alternate(tag: Token, end: string): readonly Statement[] {
    if (end === "endif") return [];
    if (end === "else") return this.#body(tag, ["endif"]).body;
    this.#stream.enter();
    const alternate = this.#if(tag);
    this.#stream.leave();
    return [alternate];
  }

  #for(tag: Token): For {
    const stream = this.#stream;
    const target = parseTarget(stream, "for");
    if (!stream.skipWord("in")) throw stream.unexpected('expected "in"');
    const iterable = parseTuple(stream, parseOperation);
    const filter = stream.skipWord("if") ? parseExpression(stream) : undefined;
    if (stream.isWord("recursive")) throw stream.fault("{% for … recursive %} is not supported");
    this.#loops += 1;
    const { body, end } = this.#body(tag, ["else", "endfor"]);
    const alternate = end === "else" ? this.#body(tag, ["endfor"]).body : [];
    this.#loops -= 1;
    return { type: "For", target, iterable, filter, body, alternate };
  }

  #set(tag: Token): Statement | SetBlock {
    const target = parseTarget(this.#stream, "set");
    if (this.#stream.skip("=")) return { type: "Set", target, value: parseTuple(this.#stream) };
    const filters = this.#stream.skip("|") ? this.#filters() : [];
    return { type: "SetBlock", target, filters, body: this.#body(tag, ["endset"]).body };
  }

  /** `name(args) | name(args)`. */
  #filters(): readonly FilterCall[] {
    const filters = [parseFilterCall(this.#stream)];
    while (this.#stream.skip("|")) filters.push(parseFilterCall(this.#stream));
    return filters;
  }

  #macro(tag: Token): Macro {
    const name = parseTargetName(this.#stream);
    const parameters = parseParameters(this.#stream, parseExpression);
    return { type: "Macro", name, parameters, body: this.#body(tag, ["endmacro"]).body };
  }

  #call(tag: Token): CallBlock {
    const stream = this.#stream;
    const parameters = stream.is("(") ? parseParameters(stream, parseExpression) : [];
    const start = stream.current;
    const call: Expression = parseExpression(stream);
    if (call.type !== "Call") throw stream.fault("{% call %} needs the call of a macro: {% call name() %}", start);
    return { type: "CallBlock", call, parameters, body: this.#body(tag, ["endcall"]).body };
  }
}

function neverClosed(name: string): string {
  return `{% ${name} %} is never closed with {% end${name} %}`;
}
