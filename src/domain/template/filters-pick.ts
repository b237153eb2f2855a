import { bindArguments } from "./bind-arguments.ts";
import { iterate } from "./compare.ts";
import type { Machine } from "./machine.ts";
import type { FilterTable, FreeFilter } from "./filter.ts";
import { attributeOf } from "./filter.ts";
import { templateFault } from "./limits.ts";
import { runTest } from "./tests.ts";
import type { Arguments, Value } from "./values.ts";
import { isTruthy } from "./values.ts";

/** `map(attribute="name", default=…)`, or `map("filter", …its arguments)`. */
const map: FreeFilter = {
  applyFree: (input, args, machine) => {
    const items = itemsOf(input, machine);
    if (args.keyword.has("attribute")) {
      const bound = bindArguments('the filter "map"', ["attribute", "default"], args);
      return items.map((item) => attributeOf(item, bound.need("attribute"), machine, bound.get("default")));
    }
    const [name, ...rest] = args.positional;
    if (typeof name !== "string") throw templateFault('the filter "map" needs attribute=… or the name of a filter');
    return items.map((item) => machine.applyFilter(name, item, { positional: rest, keyword: args.keyword }));
  },
};

/**
 * `select` keeps the items that pass a test, `reject` the others. Without a test, truth decides.
 */
const picking = (keeps: boolean): FreeFilter => ({
  applyFree: (input, args, machine) => pick(input, machine, keeps, (item) => passes(item, args.positional, machine)),
});

/** `selectattr` and `rejectattr` test an attribute of each item. */
const pickingByAttribute = (keeps: boolean): FreeFilter => ({
  applyFree: (input, args: Arguments, machine) => {
    const [attribute, ...test] = args.positional;
    if (attribute === undefined) throw templateFault("selectattr and rejectattr need the name of an attribute");
    return pick(input, machine, keeps, (item) => passes(attributeOf(item, attribute, machine), test, machine));
  },
});

function pick(input: Value, machine: Machine, keeps: boolean, test: (item: Value) => boolean): Value {
  return itemsOf(input, machine).filter((item) => test(item) === keeps);
}

/** The items of a list. What is false in Python, such as none, has none. */
function itemsOf(input: Value, machine: Machine): readonly Value[] {
  if (!isTruthy(input)) return [];
  const items = iterate(input, machine.fuel);
  machine.fuel.step(items.length);
  return items;
}

function passes(item: Value, [test, ...args]: Value[], machine: Machine): boolean {
  if (test === undefined) return isTruthy(item);
  if (typeof test !== "string") throw templateFault("the name of a test must be a text");
  return runTest(test, item, args, machine);
}

/** Filters that apply another filter, or a test, to each item. */
export const PICK_FILTERS: FilterTable = [
  ["map", map],
  ["select", picking(true)],
  ["reject", picking(false)],
  ["selectattr", pickingByAttribute(true)],
  ["rejectattr", pickingByAttribute(false)],
];
