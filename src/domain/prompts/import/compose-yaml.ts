import { Composer, type CST, type Document, Lexer, type LineCounter, Parser } from "yaml";
import { AppError } from "../../errors.ts";

/** Maximum nesting of a prompt file, in levels. */
export const MAX_FILE_DEPTH = 64;
/**
 * Maximum number of lexemes of a prompt file: words, signs, line ends, indents. They cost the
 * library about 3 µs each, whatever their length, while 100 kB of short lines have about 35,000.
 */
const MAX_LEXEMES = 60_000;

/** The error of a file that nests too deeply. */
export function tooDeep(): AppError {
  return new AppError("bad_request", `The prompt nests more than ${MAX_FILE_DEPTH} levels deep.`);
}

/** A fault of a YAML text at an offset, in the library's words. */
export interface YamlFault {
  offset: number;
  code: string;
  message: string;
}

/** What the library says a fault is about: an offset, a range of two or three, or a token. */
type Place = number | readonly number[] | { offset: number };

/** Thrown out of the library at the first fault. */
class Stop extends Error {
  readonly fault: YamlFault;

  constructor(fault: YamlFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/**
 * Composes the one document of a YAML text, with its line starts put into `lines`, or returns its
 * first fault. The library itself goes on after a fault and notes thousands at several times the
 * cost of a value. Throws AppError `bad_request` for a text of too many parts.
 */
export function composeYaml(source: string, lines: LineCounter): Document | YamlFault {
  // The library compares each key with each other one: equal keys are found elsewhere, in one pass.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false });
  stopAtFirstFault(composer);
  try {
    let composed: Document | undefined;
    for (const document of composer.compose(tokensOf(source, lines), true, source.length)) {
      if (composed) return { offset: document.range[0], code: "MULTIPLE_DOCS", message: "a second document begins" };
      composed = document;
    }
    return composed ?? { offset: 0, code: "NO_DOCUMENT", message: "there is no document" };
  } catch (error) {
    if (error instanceof Stop) return error.fault;
    throw error;
  }
}

/** The composer has no option for what it does with faults, but a method that it calls for each. */
function stopAtFirstFault(composer: Composer): void {
  let first: Stop | undefined;
  const onError = (place: Place, code: string, message: string, isWarning = false) => {
    if (isWarning && code !== "TAG_RESOLVE_FAILED") return;
    // The library catches what is thrown within a collection, and reports it here again.
    first ??= new Stop({ offset: offsetOf(place), code, message });
    throw first;
  };
  Reflect.set(composer, "onError", onError);
}

function offsetOf(place: Place): number {
  if (typeof place === "number") return place;
  return "offset" in place ? place.offset : (place[0] ?? 0);
}

function* tokensOf(source: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  // As the library's own loop does it, whose lexer cannot be counted.
  lines.addNewLine(0);
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(source)) {
    lexemes += 1;
    if (lexemes > MAX_LEXEMES) {
      const detail = `The prompt has more than ${MAX_LEXEMES} words, signs and lines. Long texts count as one.`;
      throw new AppError("bad_request", detail);
    }
    yield* parser.next(lexeme);
    // A level has two entries at the most. The composer recurses, and must not see what is deeper.
    if (parser.stack.length > 2 * MAX_FILE_DEPTH) throw tooDeep();
  }
  yield* parser.end();
}
