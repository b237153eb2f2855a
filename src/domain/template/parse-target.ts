import type { Target } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";

const CONSTANTS: ReadonlySet<string> = new Set(["true", "True", "false", "False", "none", "None"]);

/**
 * Parses what a `set` or a `for` assigns to: a name, or several with commas. Only a `set` changes a
 * namespace.
 */
export function parseTarget(stream: TokenStream, statement: "set" | "for"): Target {
  const mayBeNamespace = statement === "set";
  const first = parseSingleTarget(stream, mayBeNamespace);
  if (!stream.is(",")) return first;
  const targets = [first];
  while (stream.skip(",")) {
    const ends = statement === "for" ? stream.isWord("in") : stream.is("%}");
    if (ends) break;
    targets.push(parseSingleTarget(stream, mayBeNamespace));
  }
  return { type: "TargetTuple", targets };
}

function parseSingleTarget(stream: TokenStream, mayBeNamespace: boolean): Target {
  if (stream.is("(")) return parseTargetTuple(stream);
  const name = parseTargetName(stream);
  if (!mayBeNamespace || !stream.skip(".")) return { type: "Name", name };
  const attribute = stream.expect("name", "the name of an attribute");
  return { type: "NamespaceAttribute", namespace: { type: "Name", name }, name: attribute.value };
}

/** Parses a name that is given a value. */
export function parseTargetName(stream: TokenStream): string {
  const { value } = stream.current;
  if (CONSTANTS.has(value)) throw stream.fault(`cannot assign to ${value}`);
  return stream.expect("name", "a name").value;
}

/** `(a, (b, c))`; `(a)` is `a`. */
function parseTargetTuple(stream: TokenStream): Target {
  const targets: Target[] = [];
  let isTuple = false;
  stream.next();
  stream.enter();
  while (!stream.is(")")) {
    targets.push(parseSingleTarget(stream, false));
    if (stream.is(")")) break;
    stream.expect(",", '"," or ")"');
    isTuple = true;
  }
  stream.leave();
  stream.next();
  const [only] = targets;
  return isTuple || !only ? { type: "TargetTuple", targets } : only;
}
