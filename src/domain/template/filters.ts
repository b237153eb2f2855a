import { bindArguments } from "./bind-arguments.ts";
import { defined } from "./compare.ts";
import type { Machine } from "./machine.ts";
import type { BoundFilter, FreeFilter } from "./filter.ts";
import { JSON_FILTERS } from "./filters-json.ts";
import { LIST_FILTERS } from "./filters-list.ts";
import { NUMBER_FILTERS } from "./filters-number.ts";
import { PICK_FILTERS } from "./filters-pick.ts";
import { ESCAPE_FILTERS } from "./filters-escape.ts";
import { PRINT_FILTERS } from "./filters-print.ts";
import { TEXT_FILTERS } from "./filters-text.ts";
import { templateFault } from "./limits.ts";
import { attribute } from "./members.ts";
import { methodOf } from "./methods.ts";
import type { Arguments, Value } from "./values.ts";
import { Undefined, isTruthy, orElse } from "./values.ts";

const fallback: FreeFilter = {
  applyFree: (input, args) => {
    const bound = bindArguments('the filter "default"', ["default_value", "boolean"], args);
    const replaced = input instanceof Undefined || (bound.flag("boolean") && !isTruthy(input));
    return replaced ? orElse(bound.get("default_value"), () => "") : input;
  },
};

/** `x|attr("name")` is an attribute or a method, never a key of a dictionary. */
const attr: FreeFilter = {
  applyFree: (input, args, { fuel }) => {
    const name = bindArguments('the filter "attr"', ["name"], args).need("name");
    if (typeof name !== "string") throw templateFault("the name of an attribute must be a text");
    const path = (): string => `the attribute "${name}"`;
    const found = input instanceof Map ? methodOf(input, name, fuel) : attribute(input, name, path, fuel);
    return found ?? new Undefined(`${path()} is not defined`);
  },
};

/**
 * All filters by name. Jinja2's non-deterministic filter (`random`) and those that make HTML
 * (`urlize`, `xmlattr`) are left out.
 */
export const FILTERS: ReadonlyMap<string, BoundFilter | FreeFilter> = new Map<string, BoundFilter | FreeFilter>([
  ["default", fallback],
  ["d", fallback],
  ...TEXT_FILTERS,
  ...ESCAPE_FILTERS,
  ...LIST_FILTERS,
  ...PICK_FILTERS,
  ...NUMBER_FILTERS,
  ...JSON_FILTERS,
  ...PRINT_FILTERS,
  ["attr", attr],
]);

/** Why a filter does not exist: most are unknown, some are left out on purpose. */
export function unknownFilter(name: string): string {
  if (name !== "random") return `unknown filter "${name}"`;
  return 'the filter "random" is not offered: a version of a prompt renders the same each time';
}

/**
 * Applies a filter. Throws AppError `validation_error` for an unknown name, wrong arguments, and an
 * undefined input to any filter but `default`.
 */
export function applyFilter(machine: Machine, name: string, input: Value, args: Arguments): Value {
  machine.fuel.step();
  const found = FILTERS.get(name);
  if (!found) throw templateFault(unknownFilter(name));
  if (name === "default" || name === "d") return applyFound(found, name, input, args, machine);
  if (typeof input === "string") machine.fuel.text(input.length);
  const given = input instanceof Undefined && input.isSoft ? input : defined(input);
  const result = applyFound(found, name, given, args, machine);
  if (typeof result === "string") machine.fuel.text(result.length);
  return result;
}

function applyFound(
  found: BoundFilter | FreeFilter,
  name: string,
  input: Value,
  args: Arguments,
  machine: Machine,
): Value {
  if ("applyFree" in found) return found.applyFree(input, args, machine);
  return found.apply(input, bindArguments(`the filter "${name}"`, found.parameters, args), machine);
}
