import { bindArguments } from "./bind-arguments.ts";
import type { Fuel } from "./fuel.ts";
import type { Method } from "./method.ts";
import { DICT_METHODS } from "./methods-dict.ts";
import { LIST_METHODS, SEQUENCE_METHODS } from "./methods-list.ts";
import { TEXT_METHODS } from "./methods-text.ts";
import type { Value } from "./values.ts";
import { Callable, Tuple } from "./values.ts";

/** The method of that name, bound to its value, or undefined if there is none. */
export function methodOf(self: Value, name: string, fuel: Fuel): Value | undefined {
  if (typeof self === "string") return bound(self, name, TEXT_METHODS, fuel);
  if (self instanceof Map) return bound(self, name, DICT_METHODS, fuel);
  if (self instanceof Tuple) return bound(self.items, name, SEQUENCE_METHODS, fuel);
  return Array.isArray(self) ? bound(self, name, LIST_METHODS, fuel) : undefined;
}

function bound<Self>(
  self: Self,
  name: string,
  methods: ReadonlyMap<string, Method<Self>>,
  fuel: Fuel,
): Value | undefined {
  const method = methods.get(name);
  if (!method) return undefined;
  return new Callable(name, (args) => {
    const size = typeof self === "string" ? self.length : 0;
    fuel.text(size);
    const bindings = bindArguments(`${name}()`, method.parameters, args, method.takesNames);
    const result = method.apply(self, bindings, fuel);
    if (typeof result === "string") fuel.text(result.length);
    return result;
  });
}
