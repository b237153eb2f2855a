import { bindArguments } from "./bind-arguments.ts";
import { isEqual } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { textOf } from "./python-text.ts";
import { Scope } from "./scope.ts";
import type { Arguments, Value } from "./values.ts";
import { Callable, Namespace, Tuple } from "./values.ts";

/** Characters of a message that a template may raise. */
const MAX_MESSAGE = 500;

/** Names that every template has; none of them is a free variable. */
export const GLOBAL_NAMES: ReadonlySet<string> = new Set([
  "true",
  "false",
  "none",
  "True",
  "False",
  "None",
  "range",
  "namespace",
  "dict",
  "raise_exception",
]);

/** A scope with the global names in it. */
export function globalScope(fuel: Fuel): Scope {
  const scope = new Scope();
  for (const name of ["true", "True"]) scope.set(name, true);
  for (const name of ["false", "False"]) scope.set(name, false);
  for (const name of ["none", "None"]) scope.set(name, null);
  scope.set("range", new Callable("range", (args) => range(args, fuel)));
  scope.set("namespace", new Callable("namespace", (args) => new Namespace(entries(args, fuel))));
  scope.set("dict", new Callable("dict", (args) => new Map<Value, Value>(entries(args, fuel))));
  scope.set("raise_exception", new Callable("raise_exception", (args) => raise(args, fuel)));
  return scope;
}

/** Python's `range` as a list. It uses its steps before the list is made. */
function range(args: Arguments, fuel: Fuel): Value {
  const bound = bindArguments("range()", ["first", "second", "step"], args);
  const first = bound.integer("first") ?? 0;
  const second = bound.integer("second");
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const step = bound.integer("step") ?? 1;
  if (step === 0) throw templateFault("the step of range() cannot be zero");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  fuel.step(length);
  return Array.from({ length }, (_, at) => start + at * step);
}

/** `raise_exception(message)` of chat templates: the template refuses its variables. */
function raise(args: Arguments, fuel: Fuel): never {
  const message = bindArguments("raise_exception()", ["message"], args).need("message");
  throw templateFault(`the template says: ${textOf(message, fuel).slice(0, MAX_MESSAGE)}`);
}

function entries(args: Arguments, fuel: Fuel): Map<string, Value> {
  const result = new Map<string, Value>();
  for (const source of args.positional) {
    if (!(source instanceof Map)) throw templateFault("namespace() and dict() take keyword arguments or a dictionary");
    fuel.step(source.size);
    for (const [key, value] of source) if (typeof key === "string") result.set(key, value);
  }
  for (const [key, value] of args.keyword) result.set(key, value);
  return result;
}

/** The arguments of the last call of `loop.changed`. */
export interface LoopMemory {
  seen: Tuple | undefined;
}

/** The `loop` variable at one item of a `for`. */
export function loopVariable(items: readonly Value[], at: number, memory: LoopMemory, fuel: Fuel): Namespace {
  const { length } = items;
  const names = new Map<string, Value>([
    ["index", at + 1],
    ["index0", at],
    ["revindex", length - at],
    ["revindex0", length - at - 1],
    ["first", at === 0],
    ["last", at === length - 1],
    ["length", length],
    ["depth", 1],
    ["depth0", 0],
    ["cycle", new Callable("loop.cycle", (args) => cycle(args, at))],
    ["changed", new Callable("loop.changed", (args) => changed(args, memory, fuel))],
  ]);
  const [previous, next] = [at > 0 ? items[at - 1] : undefined, items[at + 1]];
  if (previous !== undefined) names.set("previtem", previous);
  if (next !== undefined) names.set("nextitem", next);
  return new Namespace(names, true);
}

function cycle(args: Arguments, at: number): Value {
  const value = args.positional[at % args.positional.length];
  if (value === undefined) throw templateFault("loop.cycle() needs a value");
  return value;
}

function changed(args: Arguments, memory: LoopMemory, fuel: Fuel): boolean {
  const now = new Tuple(args.positional);
  const same = memory.seen !== undefined && isEqual(memory.seen, now, fuel);
  memory.seen = now;
  return !same;
}
