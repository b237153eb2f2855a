import type { CallStatement, Expression, ForStatement, Parameter, Program, SetStatement, Statement } from "./ast.ts";
import { filterParts, isBlock } from "./ast.ts";
import { defined, iterate } from "./compare.ts";
import type { Machine } from "./expressions.ts";
import { evaluate, evaluateArguments } from "./expressions.ts";
import { applyFilter } from "./filters.ts";
import type { Fuel } from "./fuel.ts";
import { Output } from "./fuel.ts";
import type { LoopMemory } from "./globals.ts";
import { loopVariable } from "./globals.ts";
import { templateFault } from "./limits.ts";
import { textOf } from "./python-text.ts";
import { Scope } from "./scope.ts";
import type { Arguments, Value } from "./values.ts";
import { Callable, Namespace, Undefined, isTruthy } from "./values.ts";

/** How a block ended. */
type Outcome = "done" | "break" | "continue";

/**
 * Runs a parsed template with Jinja2's semantics, under {@link Fuel}.
 *
 * `@huggingface/jinja` brings the grammar, but its own `Interpreter` is not subclassed: it keeps its value classes
 * private, prints values as JSON rather than as Python does, compares lists by identity, lets a `set` inside a loop
 * leak, and renders an undefined attribute as nothing.
 *
 * Known differences from Jinja2 3.1:
 * - A dictionary's own key wins over a method of that name (`order.items`), unless it is called.
 * - Undefined is strict as in `StrictUndefined`, but may be tested for truth.
 * - `range()`, `map`, `select`, `batch` and the other lazy results are lists, and print as such.
 * - `escape` gives a plain text, not `Markup`; nothing is ever escaped by itself.
 * - Integers have 53 bits, and an overflow is an error. Floats from JSON without a fraction (`1.0`) are integers.
 * - `with`, `block`, `include`, `import`, `extends`, `for … recursive`, `random`, `varargs`, `kwargs`, the global
 *   functions `lipsum`, `cycler` and `joiner`, `%` on text and `.format()` are not offered; `break` and `continue` are.
 * - An empty tuple `()`, and a comma after the last item of a tuple, are not parsed; a missing comma in a list is let pass.
 */
export class Interpreter implements Machine {
  readonly fuel: Fuel;

  constructor(fuel: Fuel) {
    this.fuel = fuel;
  }

  /** The template's text. Throws AppError `validation_error` for type errors, undefined values and caps. */
  run(program: Program, scope: Scope): string {
    return this.#capture(program.body, scope);
  }

  applyFilter(name: string, input: Value, args: Arguments): Value {
    return applyFilter(this, name, input, args);
  }

  #capture(body: Statement[], scope: Scope): string {
    const output = new Output(this.fuel);
    this.#block(body, scope, output);
    return output.toString();
  }

  #block(body: Statement[], scope: Scope, output: Output): Outcome {
    this.fuel.enter();
    for (const statement of body) {
      const outcome = this.#statement(statement, scope, output);
      if (outcome === "done") continue;
      this.fuel.leave();
      return outcome;
    }
    this.fuel.leave();
    return "done";
  }

  #statement(node: Statement, scope: Scope, output: Output): Outcome {
    this.fuel.step();
    if (!isBlock(node)) {
      output.write(textOf(evaluate(node, scope, this), this.fuel));
      return "done";
    }
    switch (node.type) {
      case "Comment":
        break;
      case "Break":
        return "break";
      case "Continue":
        return "continue";
      case "If":
        return this.#block(isTruthy(evaluate(node.test, scope, this)) ? node.body : node.alternate, scope, output);
      case "For":
        this.#for(node, scope, output);
        break;
      case "Set":
        this.#set(node, scope);
        break;
      case "Macro":
        scope.set(node.name.value, this.#macro(node.name.value, node.args, node.body, scope));
        break;
      case "CallStatement":
        output.write(this.#callBlock(node, scope));
        break;
      case "FilterStatement": {
        const { name, args } = filterParts(node.filter);
        const text = this.#capture(node.body, new Scope(scope));
        output.write(textOf(this.applyFilter(name, text, evaluateArguments(args, scope, this)), this.fuel));
      }
    }
    return "done";
  }

  #for(node: ForStatement, scope: Scope, output: Output): void {
    const items = this.#loopItems(node, scope);
    if (items.length === 0) {
      this.#block(node.defaultBlock, new Scope(scope), output);
      return;
    }
    const memory: LoopMemory = { seen: undefined };
    for (const [at, item] of items.entries()) {
      this.fuel.step();
      const inner = new Scope(scope);
      this.#assign(node.loopvar, item, inner);
      inner.set("loop", loopVariable(items, at, memory, this.fuel));
      if (this.#block(node.body, inner, output) === "break") break;
    }
  }

  /** The items that the loop visits, its own `if` already applied. */
  #loopItems(node: ForStatement, scope: Scope): readonly Value[] {
    if (node.iterable.type !== "SelectExpression") return iterate(evaluate(node.iterable, scope, this), this.fuel);
    const { lhs, test } = node.iterable;
    return iterate(evaluate(lhs, scope, this), this.fuel).filter((item) => {
      const inner = new Scope(scope);
      this.#assign(node.loopvar, item, inner);
      return isTruthy(evaluate(test, inner, this));
    });
  }

  #assign(target: Expression, value: Value, scope: Scope): void {
    if (target.type === "Identifier") {
      scope.set(target.value, value);
    } else if (target.type === "TupleLiteral") {
      const items = iterate(value, this.fuel);
      if (items.length !== target.value.length) {
        throw templateFault(`cannot unpack ${items.length} values into ${target.value.length} names`);
      }
      target.value.forEach((name, at) => this.#assign(name, items[at] ?? null, scope));
    } else if (target.type === "MemberExpression" && !target.computed && target.property.type === "Identifier") {
      const owner = defined(evaluate(target.object, scope, this));
      if (!(owner instanceof Namespace) || owner.readonly) {
        throw templateFault(`cannot set the attribute "${target.property.value}": only a namespace's can be set`);
      }
      owner.entries.set(target.property.value, value);
    } else {
      throw templateFault("only a name, or an attribute of a namespace, can be set");
    }
  }

  #set(node: SetStatement, scope: Scope): void {
    if (node.value) {
      this.#assign(node.assignee, evaluate(node.value, scope, this), scope);
      return;
    }
    let text: Value = this.#capture(node.body, new Scope(scope));
    const filters = [];
    let target = node.assignee;
    for (; target.type === "FilterExpression"; target = target.operand) filters.unshift(target.filter);
    for (const filter of filters) {
      const { name, args } = filterParts(filter);
      text = this.applyFilter(name, text, evaluateArguments(args, scope, this));
    }
    this.#assign(target, text, scope);
  }

  #callBlock(node: CallStatement, scope: Scope): string {
    const target = defined(evaluate(node.call.callee, scope, this));
    if (!(target instanceof Callable)) throw templateFault("{% call %} needs a macro");
    const args = evaluateArguments(node.call.args, scope, this);
    const caller = this.#macro("caller", node.callerArgs ?? [], node.body, scope);
    return textOf(target.call({ ...args, keyword: new Map([...args.keyword, ["caller", caller]]) }), this.fuel);
  }

  #macro(name: string, parameters: Parameter[], body: Statement[], scope: Scope): Callable {
    return new Callable(name, (args) =>
      this.fuel.call(() => {
        const inner = new Scope(scope);
        this.#bindParameters(name, parameters, args, inner);
        return this.#capture(body, inner);
      }),
    );
  }

  #bindParameters(name: string, parameters: Parameter[], args: Arguments, scope: Scope): void {
    if (args.positional.length > parameters.length) {
      throw templateFault(`the macro ${name} takes ${parameters.length} arguments, not ${args.positional.length}`);
    }
    const names = parameters.map((parameter) =>
      parameter.type === "Identifier" ? parameter.value : parameter.key.value,
    );
    for (const [key, value] of args.keyword) {
      if (key === "caller") scope.set(key, value);
      else if (!names.includes(key)) throw templateFault(`the macro ${name} has no argument "${key}"`);
    }
    parameters.forEach((parameter, at) => {
      const key = names[at] ?? "";
      const given = at < args.positional.length ? args.positional[at] : args.keyword.get(key);
      if (given !== undefined) scope.set(key, given);
      else if (parameter.type === "KeywordArgumentExpression") scope.set(key, evaluate(parameter.value, scope, this));
      else scope.set(key, new Undefined(`the macro ${name} was called without its argument "${key}"`));
    });
  }
}
