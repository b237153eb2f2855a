import type { Argument, Call, Expression, FilterCall, For, If, Logical, Parameter, Statement, Target } from "./ast.ts";
import { GLOBAL_NAMES } from "./globals.ts";
import { falsyNames, truthyNames } from "./guards.ts";
import type { ParsedTemplate } from "./parse-template.ts";
import { TYPE_TESTS } from "./tests.ts";
import type { VariableShape } from "./variable-shapes.ts";
import { keyedName, loopedName } from "./variable-shapes.ts";

/** The variables that a template expects, each in the order of its first use. */
export interface FreeVariables {
  /** Variables that are used at least once where a missing one is an error. */
  required: string[];
  /**
   * Variables whose uses are all guarded (by `is defined`, `default`, `or`, or an `if` on the same
   * name), or may follow a `set` inside an `if`.
   */
  optional: string[];
  /** What the template takes a variable for: it loops over a list, and reads keys of an object. */
  shapes: ReadonlyMap<string, VariableShape>;
  /** Names that are called without a guard, and are no function, macro or value of the template. */
  unknownFunctions: string[];
}

/** A macro whose body was not visited yet, and the scope that it sees. */
interface PendingMacro {
  parameters: readonly Parameter[];
  body: readonly Statement[];
  context: Context;
}

/** Macros that the visit of a macro's body may lead to, one inside another. */
const MAX_MACRO_DEPTH = 32;

/** What is known about names at one place of a template. */
interface Context {
  /** Names that the template has given a value. */
  defined: Set<string>;
  /** Names that a guard has proved to be defined. */
  guarded: ReadonlySet<string>;
  /** Names that only one branch of an `if` has given a value. */
  maybe: Set<string>;
}

/**
 * The names that a template reads but does not define itself. A declared variable hides the
 * function of the same name.
 */
export function freeVariables(template: ParsedTemplate, declared: readonly string[] = []): FreeVariables {
  const finder = new Finder();
  const defined = GLOBAL_NAMES.difference(new Set(declared));
  finder.statements(template.program.body, { defined, guarded: new Set(), maybe: new Set() });
  finder.finish();
  const names = [...finder.uses];
  return {
    required: names.filter(([, required]) => required).map(([name]) => name),
    optional: names.filter(([, required]) => !required).map(([name]) => name),
    shapes: finder.shapes,
    unknownFunctions: [...finder.unknownFunctions],
  };
}

class Finder {
  /** Name → whether some use of it is not guarded. */
  readonly uses = new Map<string, boolean>();
  readonly shapes = new Map<string, VariableShape>();
  readonly unknownFunctions = new Set<string>();
  readonly #pending = new Map<string, PendingMacro[]>();
  #depth = 0;

  /** Visits the macros that nothing refers to. */
  finish(): void {
    for (const name of this.#pending.keys()) this.#visitMacros(name);
  }

  #use(name: string, context: Context, guarded: boolean): void {
    this.#refer(name);
    if (context.defined.has(name)) return;
    const required = !guarded && !context.guarded.has(name) && !context.maybe.has(name);
    this.uses.set(name, required || this.uses.get(name) === true);
  }

  /**
   * Visits the macros of that name at the first reference to it: what the template defines between
   * the macro and its first call is no variable.
   */
  #refer(name: string): void {
    if (this.#depth >= MAX_MACRO_DEPTH) return;
    this.#depth += 1;
    this.#visitMacros(name);
    this.#depth -= 1;
  }

  #visitMacros(name: string): void {
    const macros = this.#pending.get(name) ?? [];
    this.#pending.delete(name);
    for (const { parameters, body, context } of macros) this.#macro(parameters, body, context);
  }

  /** Notes the shape that a use shows. Reading a key says more than looping. */
  #shape(name: string | undefined, shape: VariableShape, context: Context): void {
    if (name === undefined || context.defined.has(name) || this.shapes.get(name) === "object") return;
    this.shapes.set(name, shape);
  }

  #call({ callee, args }: Call, context: Context): void {
    if (callee.type === "Name") {
      const { name } = callee;
      const isKnown = context.defined.has(name) || context.guarded.has(name) || context.maybe.has(name);
      if (!isKnown) this.unknownFunctions.add(name);
    }
    this.#value(callee, context);
    this.#arguments(args, context);
  }

  statements(body: readonly Statement[], context: Context): void {
    for (const statement of body) this.#statement(statement, context);
  }

  #statement(node: Statement, context: Context): void {
    switch (node.type) {
      case "Output":
        return this.#value(node.expression, context);
      case "If":
        return this.#if(node, context);
      case "For":
        return this.#for(node, context);
      case "Set":
        this.#value(node.value, context);
        return this.#target(node.target, context);
      case "SetBlock":
        this.statements(node.body, inner(context));
        this.#filters(node.filters, context);
        return this.#target(node.target, context);
      case "Macro":
        context.defined.add(node.name);
        this.#pending.set(node.name, this.#pending.get(node.name) ?? []);
        this.#pending.get(node.name)?.push({ parameters: node.parameters, body: node.body, context });
        return;
      case "CallBlock":
        this.#value(node.call, context);
        return this.#macro(node.parameters, node.body, context);
      case "FilterBlock":
        this.#filters(node.filters, context);
        return this.statements(node.body, inner(context));
      case "Text":
      case "Break":
      case "Continue":
    }
  }

  #if(node: If, context: Context): void {
    this.#test(node.test, context);
    const [held, failed] = [truthyNames(node.test), falsyNames(node.test)];
    const [body, alternate] = [guardedBy(inner(context), held), guardedBy(inner(context), failed)];
    this.statements(node.body, body);
    this.statements(node.alternate, alternate);
    for (const name of new Set([...body.defined, ...alternate.defined])) {
      const always = body.defined.has(name) && alternate.defined.has(name);
      if (always) context.defined.add(name);
      else context.maybe.add(name);
    }
    for (const name of [...body.maybe, ...alternate.maybe]) context.maybe.add(name);
  }

  #for(node: For, context: Context): void {
    this.#shape(loopedName(node.iterable), "list", context);
    this.#value(node.iterable, context);
    const loop = inner(context);
    for (const name of namesOf(node.target)) loop.defined.add(name);
    if (node.filter) this.#test(node.filter, loop);
    const body = node.filter ? guardedBy(loop, truthyNames(node.filter)) : loop;
    body.defined.add("loop");
    this.statements(node.body, inner(body));
    this.statements(node.alternate, inner(context));
  }

  #macro(parameters: readonly Parameter[], body: readonly Statement[], context: Context): void {
    const scope = inner(context);
    scope.defined.add("caller");
    for (const { name, fallback } of parameters) {
      if (fallback) this.#value(fallback, scope);
      scope.defined.add(name);
    }
    this.statements(body, scope);
  }

  #target(target: Target, context: Context): void {
    if (target.type === "NamespaceAttribute") this.#value(target.namespace, context);
    for (const name of namesOf(target)) context.defined.add(name);
  }

  /** Visits an expression that is only tested for truth, so a bare name in it may be missing. */
  #test(node: Expression, context: Context): void {
    if (node.type === "Name") return this.#use(node.name, context, true);
    if (node.type === "Unary" && node.operator === "not") return this.#test(node.operand, context);
    if (node.type === "Logical") {
      this.#test(node.left, context);
      return this.#test(node.right, guardedBy(context, namesAfter(node)));
    }
    this.#value(node, context);
  }

  #values(nodes: readonly (Expression | undefined)[], context: Context): void {
    for (const node of nodes) if (node) this.#value(node, context);
  }

  #value(node: Expression, context: Context): void {
    switch (node.type) {
      case "Name":
        return this.#use(node.name, context, false);
      case "List":
      case "Tuple":
        return this.#values(node.items, context);
      case "Dict":
        return this.#values(
          [...node.entries.map(({ key }) => key), ...node.entries.map(({ value }) => value)],
          context,
        );
      case "Attribute":
        this.#shape(keyedName(node), "object", context);
        return this.#value(node.object, context);
      case "Subscript":
        this.#shape(keyedName(node), "object", context);
        return this.#values([node.object, node.key], context);
      case "Slice":
        return this.#values([node.object, node.start, node.stop, node.step], context);
      case "Call":
        return this.#call(node, context);
      case "Filter":
        this.#operand(node.operand, node.name === "default" || node.name === "d", context);
        return this.#arguments(node.args, context);
      case "Test":
        this.#operand(node.operand, /^(?:un)?defined$/.test(node.name) || TYPE_TESTS.has(node.name), context);
        return this.#arguments(node.args, context);
      case "Unary":
        return node.operator === "not" ? this.#test(node, context) : this.#value(node.operand, context);
      case "Binary":
        return this.#values([node.left, node.right], context);
      case "Comparison":
        return this.#values([node.first, ...node.rest.map(({ operand }) => operand)], context);
      case "Logical":
        return this.#logical(node, context);
      case "Conditional":
        this.#test(node.test, context);
        this.#value(node.body, guardedBy(context, truthyNames(node.test)));
        if (node.otherwise) this.#value(node.otherwise, guardedBy(context, falsyNames(node.test)));
        return;
      case "Literal":
    }
  }

  /**
   * `a or b` is `b` if `a` is missing. `a and b` is `a` itself if `a` is falsy, so `a` must be
   * defined.
   */
  #logical(node: Logical, context: Context): void {
    if (node.operator === "or") this.#test(node.left, context);
    else this.#value(node.left, context);
    this.#value(node.right, guardedBy(context, namesAfter(node)));
  }

  /** Visits the operand of a filter or a test. Some of them accept a missing name. */
  #operand(node: Expression, mayBeMissing: boolean, context: Context): void {
    if (node.type === "Name") this.#use(node.name, context, mayBeMissing);
    else this.#value(node, context);
  }

  #filters(filters: readonly FilterCall[], context: Context): void {
    for (const { args } of filters) this.#arguments(args, context);
  }

  #arguments(args: readonly Argument[], context: Context): void {
    for (const argument of args) {
      const isWrapped = argument.type === "Keyword" || argument.type === "Spread" || argument.type === "KeywordSpread";
      this.#value(isWrapped ? argument.value : argument, context);
    }
  }
}

function inner(context: Context): Context {
  return { ...context, defined: new Set(context.defined), maybe: new Set(context.maybe) };
}

/** The same scope with more names that are known to be defined. */
function guardedBy(context: Context, names: ReadonlySet<string>): Context {
  return { ...context, guarded: new Set([...context.guarded, ...names]) };
}

/** The names that are known to be defined when the right side of `and` or `or` is evaluated. */
function namesAfter(node: Logical): ReadonlySet<string> {
  return node.operator === "and" ? truthyNames(node.left) : falsyNames(node.left);
}

function namesOf(target: Target): string[] {
  if (target.type === "Name") return [target.name];
  return target.type === "TargetTuple" ? target.targets.flatMap(namesOf) : [];
}
