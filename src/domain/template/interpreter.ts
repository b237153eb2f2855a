import type { CallBlock, FilterCall, For, Parameter, Program, Statement, Target } from "./ast.ts";
import { defined, iterate } from "./compare.ts";
import type { Machine } from "./machine.ts";
import { evaluate, evaluateArguments } from "./expressions.ts";
import { FILTERS, applyFilter } from "./filters.ts";
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
type BlockEnd = "done" | "break" | "continue";

/**
 * Runs a parsed template with Jinja2's semantics, under {@link Fuel}. The README lists the known
 * differences.
 */
export class Interpreter implements Machine {
  readonly fuel: Fuel;

  constructor(fuel: Fuel) {
    this.fuel = fuel;
  }

  /**
   * The template's text. Throws AppError `validation_error` for type errors, undefined values and
   * caps.
   */
  run(program: Program, scope: Scope): string {
    return this.#capture(program.body, scope);
  }

  applyFilter(name: string, input: Value, args: Arguments): Value {
    return applyFilter(this, name, input, args);
  }

  hasFilter(name: Value): boolean {
    return typeof name === "string" && FILTERS.has(name);
  }

  #capture(body: readonly Statement[], scope: Scope): string {
    const output = new Output(this.fuel);
    this.#block(body, scope, output);
    return output.toString();
  }

  #block(body: readonly Statement[], scope: Scope, output: Output): BlockEnd {
    this.fuel.enter();
    for (const statement of body) {
      const end = this.#statement(statement, scope, output);
      if (end === "done") continue;
      this.fuel.leave();
      return end;
    }
    this.fuel.leave();
    return "done";
  }

  #statement(node: Statement, scope: Scope, output: Output): BlockEnd {
    this.fuel.step();
    switch (node.type) {
      case "Text":
        output.write(node.value);
        break;
      case "Output":
        output.write(textOf(evaluate(node.expression, scope, this), this.fuel));
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
        this.#assign(node.target, evaluate(node.value, scope, this), scope);
        break;
      case "SetBlock":
        this.#assign(node.target, this.#filtered(node.body, node.filters, scope), scope);
        break;
      case "Macro":
        scope.set(node.name, this.#macro(node.name, node.parameters, node.body, scope));
        break;
      case "CallBlock":
        output.write(this.#callBlock(node, scope));
        break;
      case "FilterBlock":
        output.write(textOf(this.#filtered(node.body, node.filters, scope), this.fuel));
    }
    return "done";
  }

  #for(node: For, scope: Scope, output: Output): void {
    const items = this.#loopItems(node, scope);
    const memory: LoopMemory = { seen: undefined };
    let isDone = false;
    for (const [at, item] of items.entries()) {
      this.fuel.step();
      const inner = new Scope(scope);
      this.#assign(node.target, item, inner);
      inner.set("loop", loopVariable(items, at, memory, this.fuel));
      const end = this.#block(node.body, inner, output);
      if (end === "break") break;
      isDone ||= end === "done";
    }
    // Jinja2 takes the `else`, too, where no item reached the end of the body.
    if (!isDone) this.#block(node.alternate, new Scope(scope), output);
  }

  /** The items that the loop visits: those that pass its own `if`. */
  #loopItems({ target, iterable, filter }: For, scope: Scope): readonly Value[] {
    const items = iterate(evaluate(iterable, scope, this), this.fuel);
    if (!filter) return items;
    return items.filter((item) => {
      const inner = new Scope(scope);
      this.#assign(target, item, inner);
      return isTruthy(evaluate(filter, inner, this));
    });
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.type === "Name") {
      scope.set(target.name, value);
    } else if (target.type === "TargetTuple") {
      const { targets } = target;
      const items = iterate(value, this.fuel);
      if (items.length !== targets.length) {
        throw templateFault(`cannot unpack ${items.length} values into ${targets.length} names`);
      }
      targets.forEach((name, at) => this.#assign(name, items[at] ?? null, scope));
    } else {
      const owner = defined(evaluate(target.namespace, scope, this));
      if (!(owner instanceof Namespace) || owner.readonly) {
        throw templateFault(`cannot set the attribute "${target.name}": only a namespace's can be set`);
      }
      owner.entries.set(target.name, value);
    }
  }

  /** The text of a block, passed through filters. */
  #filtered(body: readonly Statement[], filters: readonly FilterCall[], scope: Scope): Value {
    let value: Value = this.#capture(body, new Scope(scope));
    for (const { name, args } of filters) {
      value = this.applyFilter(name, value, evaluateArguments(args, scope, this));
    }
    return value;
  }

  #callBlock(node: CallBlock, scope: Scope): string {
    const target = defined(evaluate(node.call.callee, scope, this));
    if (!(target instanceof Callable)) throw templateFault("{% call %} needs a macro");
    const args = evaluateArguments(node.call.args, scope, this);
    const caller = this.#macro("caller", node.parameters, node.body, scope);
    return textOf(target.call({ ...args, keyword: new Map([...args.keyword, ["caller", caller]]) }), this.fuel);
  }

  #macro(name: string, parameters: readonly Parameter[], body: readonly Statement[], scope: Scope): Callable {
    return new Callable(name, (args) =>
      this.fuel.call(() => {
        const inner = new Scope(scope);
        this.#bindParameters(name, parameters, args, inner);
        return this.#capture(body, inner);
      }),
    );
  }

  #bindParameters(macro: string, parameters: readonly Parameter[], args: Arguments, scope: Scope): void {
    if (args.positional.length > parameters.length) {
      throw templateFault(`the macro ${macro} takes ${parameters.length} arguments, not ${args.positional.length}`);
    }
    const names = new Set(args.keyword.size > 0 ? parameters.map(({ name }) => name) : []);
    for (const [key, value] of args.keyword) {
      if (key === "caller") scope.set(key, value);
      else if (!names.has(key)) {
        throw templateFault(`the macro ${macro} has no argument "${key}"`);
      }
    }
    parameters.forEach(({ name, fallback }, at) => {
      const given = at < args.positional.length ? args.positional[at] : args.keyword.get(name);
      if (given !== undefined) scope.set(name, given);
      else if (fallback) scope.set(name, evaluate(fallback, scope, this));
      else scope.set(name, new Undefined(`the macro ${macro} was called without its argument "${name}"`));
    });
  }
}
