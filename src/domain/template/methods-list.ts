import type { Bound } from "./bind-arguments.ts";
import { compare, isEqual, iterate } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import type { Method } from "./method.ts";
import type { Value } from "./values.ts";

/** Items that move for one step where a list changes at its front. */
const MOVES_PER_STEP = 256;

/** The methods of a tuple, and those of a list that leave it as it is. */
export const SEQUENCE_METHODS: ReadonlyMap<string, Method<readonly Value[]>> = new Map([
  ["index", { parameters: ["value"], apply: indexOf }],
  [
    "count",
    {
      parameters: ["value"],
      apply: (self: readonly Value[], args: Bound, fuel: Fuel) =>
        self.filter((item) => isEqual(item, args.need("value"), fuel)).length,
    },
  ],
]);

/**
 * The methods of a list. Those that change it change the copy that a rendering has of a variable,
 * never the caller's data.
 */
export const LIST_METHODS: ReadonlyMap<string, Method<Value[]>> = new Map<string, Method<Value[]>>([
  ...SEQUENCE_METHODS,
  ["append", { parameters: ["item"], apply: append }],
  ["extend", changing(["iterable"], extend)],
  ["insert", changing(["index", "item"], insert)],
  ["remove", changing(["value"], (self, args, fuel) => self.splice(findItem(self, args, fuel, "remove"), 1))],
  ["clear", changing([], (self) => self.splice(0))],
  ["reverse", changing([], reverse)],
  ["sort", changing(["reverse"], sort)],
  ["pop", { parameters: ["index"], apply: pop }],
  ["copy", { parameters: [], apply: copy }],
]);

/** A method that changes its list and returns None. Moving the items is paid for beforehand. */
function changing(parameters: string[], change: (self: Value[], args: Bound, fuel: Fuel) => unknown): Method<Value[]> {
  return {
    parameters,
    apply: (self, args, fuel) => {
      fuel.step(Math.floor(self.length / MOVES_PER_STEP));
      change(self, args, fuel);
      return null;
    },
  };
}

function append(self: Value[], args: Bound): Value {
  self.push(args.need("item"));
  return null;
}

function copy(self: Value[], _args: Bound, fuel: Fuel): Value {
  fuel.step(self.length);
  return [...self];
}

function extend(self: Value[], args: Bound, fuel: Fuel): void {
  const items = [...iterate(args.need("iterable"), fuel)];
  fuel.step(items.length);
  for (const item of items) self.push(item);
}

function insert(self: Value[], args: Bound): void {
  args.need("index");
  self.splice(args.integer("index") ?? 0, 0, args.need("item"));
}

function pop(self: Value[], args: Bound, fuel: Fuel): Value {
  fuel.step(Math.floor(self.length / MOVES_PER_STEP));
  const index = args.integer("index") ?? -1;
  const at = index < 0 ? index + self.length : index;
  const [item] = at < 0 ? [] : self.splice(at, 1);
  if (item === undefined) throw templateFault(`pop() found nothing at position ${index} of the list`);
  return item;
}

/**
 * JavaScript sorts a copy of the items, as Python does: a comparison that throws changes nothing.
 */
function sort(self: Value[], args: Bound, fuel: Fuel): void {
  const direction = args.flag("reverse") ? -1 : 1;
  self.sort((a, b) => direction * compare(a, b, fuel));
}

function reverse(self: Value[], _args: Bound, fuel: Fuel): void {
  fuel.step(self.length);
  self.toReversed().forEach((item, at) => {
    self[at] = item;
  });
}

function indexOf(self: readonly Value[], args: Bound, fuel: Fuel): Value {
  return findItem(self, args, fuel, "index");
}

function findItem(self: readonly Value[], args: Bound, fuel: Fuel, name: string): number {
  const at = self.findIndex((item) => isEqual(item, args.need("value"), fuel));
  if (at === -1) throw templateFault(`${name}() did not find the value in the list`);
  return at;
}
