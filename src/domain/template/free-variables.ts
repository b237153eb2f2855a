import type {
  BinaryExpression,
  Expression,
  FilterExpression,
  ForStatement,
  IfStatement,
  Parameter,
  Statement,
} from "./ast.ts";
import { filterParts, isBlock } from "./ast.ts";
import { GLOBAL_NAMES } from "./globals.ts";
import { falsyNames, truthyNames } from "./guards.ts";
import type { ParsedTemplate } from "./parse-template.ts";

/** The variables that a template expects, each in the order of its first use. */
export interface FreeVariables {
  /** Used at least once where a missing one is an error. */
  required: string[];
  /** Every use is guarded (by `is defined`, `default`, `or`, or an `if` on the same name), or may follow a `set` inside an `if`. */
  optional: string[];
}

/** Names that the template has given a value, and names that a guard has shown to be there. */
interface Context {
  defined: Set<string>;
  guarded: ReadonlySet<string>;
  /** Names that one branch of an `if` has given a value. */
  maybe: Set<string>;
}

/** The names that a template reads but does not define itself. */
export function freeVariables(template: ParsedTemplate): FreeVariables {
  const finder = new Finder();
  finder.statements(template.program.body, { defined: new Set(GLOBAL_NAMES), guarded: new Set(), maybe: new Set() });
  const names = [...finder.uses];
  return {
    required: names.filter(([, required]) => required).map(([name]) => name),
    optional: names.filter(([, required]) => !required).map(([name]) => name),
  };
}

class Finder {
  /** Name → whether some use of it is not guarded. */
  readonly uses = new Map<string, boolean>();

  #use(name: string, context: Context, guarded: boolean): void {
    if (context.defined.has(name)) return;
    const required = !guarded && !context.guarded.has(name) && !context.maybe.has(name);
    this.uses.set(name, required || this.uses.get(name) === true);
  }

  statements(body: Statement[], context: Context): void {
    for (const statement of body) this.#statement(statement, context);
  }

  #statement(node: Statement, context: Context): void {
    if (!isBlock(node)) return this.#value(node, context);
    switch (node.type) {
      case "If":
        return this.#if(node, context);
      case "For":
        return this.#for(node, context);
      case "Set":
        if (node.value) this.#value(node.value, context);
        this.statements(node.body, inner(context));
        return this.#assignee(node.assignee, context);
      case "Macro":
        context.defined.add(node.name.value);
        return this.#macro(node.args, node.body, context);
      case "CallStatement":
        this.#value(node.call, context);
        return this.#macro(node.callerArgs ?? [], node.body, context);
      case "FilterStatement":
        this.#values(filterParts(node.filter).args, context);
        return this.statements(node.body, inner(context));
      case "Comment":
      case "Break":
      case "Continue":
    }
  }

  #if(node: IfStatement, context: Context): void {
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

  #for(node: ForStatement, context: Context): void {
    const filtered = node.iterable.type === "SelectExpression" ? node.iterable : undefined;
    this.#value(filtered ? filtered.lhs : node.iterable, context);
    const loop = inner(context);
    for (const name of namesOf(node.loopvar)) loop.defined.add(name);
    if (filtered) this.#test(filtered.test, loop);
    const body = filtered ? guardedBy(loop, truthyNames(filtered.test)) : loop;
    body.defined.add("loop");
    this.statements(node.body, inner(body));
    this.statements(node.defaultBlock, inner(context));
  }

  #macro(parameters: Parameter[], body: Statement[], context: Context): void {
    const scope = inner(context);
    scope.defined.add("caller");
    for (const parameter of parameters) {
      if (parameter.type === "KeywordArgumentExpression") this.#value(parameter.value, scope);
      scope.defined.add(parameter.type === "Identifier" ? parameter.value : parameter.key.value);
    }
    this.statements(body, scope);
  }

  #assignee(target: Expression, context: Context): void {
    if (target.type === "FilterExpression") {
      this.#values(filterParts(target.filter).args, context);
      return this.#assignee(target.operand, context);
    }
    if (target.type === "MemberExpression") this.#value(target.object, context);
    for (const name of namesOf(target)) context.defined.add(name);
  }

  /** An expression of which only the truth counts: a bare name in it may be missing. */
  #test(node: Expression, context: Context): void {
    if (node.type === "Identifier") return this.#use(node.value, context, true);
    if (node.type === "UnaryExpression" && node.operator.value === "not") return this.#test(node.argument, context);
    if (node.type === "BinaryExpression" && (node.operator.value === "and" || node.operator.value === "or")) {
      this.#test(node.left, context);
      const known = node.operator.value === "and" ? truthyNames(node.left) : falsyNames(node.left);
      return this.#test(node.right, guardedBy(context, known));
    }
    this.#value(node, context);
  }

  #values(nodes: Iterable<Expression | undefined>, context: Context): void {
    for (const node of nodes) if (node) this.#value(node, context);
  }

  #value(node: Expression, context: Context): void {
    switch (node.type) {
      case "Identifier":
        return this.#use(node.value, context, false);
      case "ArrayLiteral":
      case "TupleLiteral":
        return this.#values(node.value, context);
      case "ObjectLiteral":
        this.#values(node.value.keys(), context);
        return this.#values(node.value.values(), context);
      case "MemberExpression":
        return this.#values([node.object, node.computed ? node.property : undefined], context);
      case "SliceExpression":
        return this.#values([node.start, node.stop, node.step], context);
      case "CallExpression":
        return this.#values([node.callee, ...node.args], context);
      case "FilterExpression":
        return this.#filter(node, context);
      case "UnaryExpression":
        return node.operator.value === "not" ? this.#test(node, context) : this.#value(node.argument, context);
      case "BinaryExpression":
        return this.#binary(node, context);
      case "Ternary":
        this.#test(node.condition, context);
        this.#value(node.trueExpr, guardedBy(context, truthyNames(node.condition)));
        return this.#value(node.falseExpr, guardedBy(context, falsyNames(node.condition)));
      case "SelectExpression":
        this.#test(node.test, context);
        return this.#value(node.lhs, guardedBy(context, truthyNames(node.test)));
      case "KeywordArgumentExpression":
        return this.#value(node.value, context);
      case "SpreadExpression":
      case "KeywordSpreadExpression":
        return this.#value(node.argument, context);
      case "StringLiteral":
      case "IntegerLiteral":
      case "FloatLiteral":
    }
  }

  #binary(node: BinaryExpression, context: Context): void {
    const operator = node.operator.value;
    if (operator === "or") {
      this.#test(node.left, context);
      return this.#value(node.right, guardedBy(context, falsyNames(node.left)));
    }
    this.#value(node.left, context);
    this.#value(node.right, operator === "and" ? guardedBy(context, truthyNames(node.left)) : context);
  }

  #filter(node: FilterExpression, context: Context): void {
    const { name, args } = filterParts(node.filter);
    const { operand } = node;
    if (operand.type === "Identifier" && TAKES_UNDEFINED.has(name)) this.#use(operand.value, context, true);
    else this.#value(operand, context);
    this.#values(args, context);
  }
}

/** The filters (and tests, in their guise of filters) that accept a missing name. */
const TAKES_UNDEFINED = new Set(["default", "d", "is defined", "is not defined", "is undefined", "is not undefined"]);

function inner(context: Context): Context {
  return { ...context, defined: new Set(context.defined), maybe: new Set(context.maybe) };
}

/** The same scope, with more names shown to be there. */
function guardedBy(context: Context, names: ReadonlySet<string>): Context {
  return { ...context, guarded: new Set([...context.guarded, ...names]) };
}

function namesOf(target: Expression): string[] {
  if (target.type === "Identifier") return [target.value];
  return target.type === "TupleLiteral" ? target.value.flatMap(namesOf) : [];
}
