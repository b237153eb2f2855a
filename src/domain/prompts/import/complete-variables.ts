import type { VariableSpec, VariableType } from "../prompt.ts";
import type { Statement } from "../../template/ast.ts";
import type { FreeVariables } from "../../template/free-variables.ts";
import { freeVariables } from "../../template/free-variables.ts";
import { parseTemplate } from "../../template/parse-template.ts";
import type { ParsedTemplate } from "../../template/parse-template.ts";
import type { Findings } from "./findings.ts";
import type { IncludedPrompt } from "../included-prompt.ts";
import type { Placed, PlacedVariable } from "./placed-template.ts";

/** `{name}` in the text of a template: how other tools write a variable. */
const SINGLE_BRACES = /(?<!\{)\{([\p{L}_][\p{L}\p{N}_]{0,127})\}(?!\})/gu;
/** Names in single braces that one warning lists. */
const MAX_NAMES = 5;

/**
 * Parses every template and declares the variables that templates and parts use and the file does
 * not declare: as an included prompt declares them, or by their use. Adds syntax errors to
 * `findings` with the path of the template, and a warning for each assumption.
 */
export function completeVariables(
  placed: Placed & { included: readonly IncludedPrompt[] },
  declared: Record<string, VariableSpec>,
  findings: Findings,
): Record<string, VariableSpec> {
  const joined = joinVariables(placed.included, declared, findings);
  const templates = placed.templates.map(({ text, path }) => findings.collect(() => parseTemplate(text, path)));
  const parsed = templates.filter((template) => template !== undefined);
  const readable = parsed.length === templates.length;
  const free = parsed.map((template) =>
    checkTemplate(template, [...Object.keys(declared), ...joined.keys()], findings),
  );
  const required = new Set(free.flatMap((variables) => variables.required));
  const optional = new Set(free.flatMap((variables) => variables.optional));
  const shapes = new Map(free.flatMap((variables) => [...variables.shapes]));
  const alone = new Set(placed.variables.map(({ name }) => name));
  const specs = new Map(Object.entries(declared));
  for (const [name, spec] of joined) {
    // A name that the includer sets or loops over needs no value of the caller's.
    if (required.has(name) || optional.has(name)) specs.set(name, spec);
  }
  for (const variable of placed.variables) placeVariable(variable, specs, findings);
  for (const [name, spec] of specs) {
    if (readable && !required.has(name) && !optional.has(name) && !alone.has(name))
      findings.warn(`variables.${name} is declared but not used.`);
    if (!required.has(name) || spec.required) continue;
    if (spec.default === undefined) {
      findings.warn(
        `variables.${name} may be left out, but the template uses it without a guard: that call will fail.`,
      );
    } else if (spec.default === null) {
      findings.warn(`variables.${name} has the default null, which prints as "None" where nothing guards it.`);
    }
  }
  for (const name of new Set([...required, ...optional])) {
    if (specs.has(name)) continue;
    const needed = required.has(name);
    const type: VariableType = shapes.get(name) ?? "string";
    specs.set(name, { type, required: needed });
    const assumed = needed ? `a required ${type}` : `a ${type} that may be left out`;
    findings.warn(`variables.${name} is used but not declared; it was taken for ${assumed}.`);
  }
  return Object.fromEntries(specs);
}

/**
 * The variables of included prompts that the file does not declare itself. Adds a warning where the
 * same name has another type elsewhere; the file's own declaration comes first, then the first one.
 */
function joinVariables(
  included: readonly IncludedPrompt[],
  declared: Record<string, VariableSpec>,
  findings: Findings,
): Map<string, VariableSpec> {
  const own = new Map(Object.entries(declared));
  const joined = new Map<string, VariableSpec>();
  for (const prompt of included) {
    for (const [name, spec] of Object.entries(prompt.variables)) {
      const taken = own.get(name) ?? joined.get(name);
      if (!taken) joined.set(name, spec);
      else if (taken.type !== spec.type)
        findings.warn(`variables.${name} is of type ${taken.type}, and of type ${spec.type} in "${prompt.name}".`);
    }
  }
  return joined;
}

/**
 * Checks the type of a variable that stands by itself, or declares it. A history may be left out: a
 * conversation begins without one.
 */
function placeVariable(
  { name, path, type }: PlacedVariable,
  specs: Map<string, VariableSpec>,
  findings: Findings,
): void {
  const spec = specs.get(name);
  // The URL of a medium is a text as well.
  const fits = spec?.type === type || (type !== "messages" && spec?.type === "string");
  if (spec && !fits) findings.fault(path, `takes a variable of type ${type}, and ${name} is declared as ${spec.type}`);
  if (spec) return;
  const required = type !== "messages";
  specs.set(name, { type, required });
  const assumed = required ? `a required ${type}` : `${type} that may be left out`;
  findings.warn(`variables.${name} is used but not declared; it was taken for ${assumed}.`);
}

/** Adds what a template alone shows to `findings`, and returns the names that it uses. */
function checkTemplate(template: ParsedTemplate, declared: readonly string[], findings: Findings): FreeVariables {
  const free = freeVariables(template, declared);
  for (const name of free.unknownFunctions) {
    findings.fault(template.path, `calls ${name}(), which is neither a function nor a macro of the template`);
  }
  const statements = [...everyStatement(template.program.body)];
  warnOfBraces(template.path, statements, findings);
  for (const statement of statements) {
    if (statement.type !== "Output" || statement.expression.type !== "Literal") continue;
    const { value } = statement.expression;
    if (typeof value !== "number") continue;
    findings.warn(
      `${template.path} has {{ ${value} }}, which prints the number: the name of a variable begins with a letter.`,
    );
  }
  return free;
}

function warnOfBraces(path: string, statements: readonly Statement[], findings: Findings): void {
  const texts = statements.flatMap((statement) => (statement.type === "Text" ? [statement.value] : []));
  const names = new Set(texts.flatMap((text) => Array.from(text.matchAll(SINGLE_BRACES), ([whole]) => whole)));
  if (names.size === 0) return;
  const shown = [...names].slice(0, MAX_NAMES).join(", ") + (names.size > MAX_NAMES ? ", …" : "");
  findings.warn(`${path} has ${shown} in single braces: that is sent as it is, a variable is {{ name }}.`);
}

/** The statements of a body and of the blocks in it. */
function* everyStatement(body: readonly Statement[]): Generator<Statement> {
  for (const statement of body) {
    yield statement;
    if ("body" in statement) yield* everyStatement(statement.body);
    if ("alternate" in statement) yield* everyStatement(statement.alternate);
  }
}
